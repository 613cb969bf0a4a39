import dagster as dg

from platform_assets.model.data_facts import data_checks, data_facts
from tests.model.conftest import Workshop


def test_rows_of_both_parts_and_of_quarantine_are_told(workshop: Workshop):
    entry = workshop.candidate()
    found = data_facts(workshop.folder, workshop.lake, entry)
    assert found["table"] == "tiny/training_set, version 0"
    rows = [int(found[f"rows: {part}"].split(",")[0]) for part in ("train", "holdout")]
    assert sum(rows) == 400
    assert "0.00 %" in found["in quarantine now"]


def test_a_check_without_a_result_for_this_version_is_told_to_have_none(workshop: Workshop):
    with dg.instance_for_test() as instance:
        found = data_checks(instance, workshop.folder, {"training_set_version": 0})
    assert "parts_are_fit" in {one.name for one in found}
    assert {one.outcome for one in found} == {"fail"}
    assert "no result for this version" in found[0].message
