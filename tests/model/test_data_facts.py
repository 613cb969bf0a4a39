import dagster as dg
import pyarrow as pa

from platform_assets.model.data_facts import data_checks, data_facts
from platform_assets.model.frozen import settle
from tests.model.conftest import Workshop, clean
from tests.support.tiny import orders


def test_rows_of_both_parts_and_of_quarantine_are_told(workshop: Workshop):
    entry = workshop.candidate()
    found = data_facts(workshop.folder, workshop.lake, entry)
    assert found["table"] == "tiny/training_set, version 0"
    rows = [int(found[f"rows: {part}"].split(",")[0]) for part in ("train", "holdout")]
    assert sum(rows) == 400
    assert "0.00 %" in found["in quarantine now"]


def test_the_holdout_s_record_is_told(workshop: Workshop):
    rows = pa.Table.from_pandas(clean(orders(400, 1)), preserve_index=False)
    workshop.lake.overwrite("tiny/cleaned", rows, "rows")
    version = settle(workshop.lake, workshop.folder, 0, None)
    found = data_facts(workshop.folder, workshop.lake, {"training_set_version": version})
    assert found["holdout"].startswith("stands since version 0: ")


def test_a_check_without_a_result_for_this_version_is_told_to_have_none(workshop: Workshop):
    with dg.instance_for_test() as instance:
        found = data_checks(instance, workshop.folder, {"training_set_version": 0})
    assert "parts_are_fit" in {one.name for one in found}
    assert {one.outcome for one in found} == {"fail"}
    assert "no result for this version" in found[0].message
