import dagster as dg
import pytest

from platform_assets.findings import Findings
from platform_assets.metadata import check_result


def test_what_blocks_is_said_first():
    found = Findings(["no rows"], ["few rows"], ["no past"])
    assert found.text == "no rows; few rows; no past"


@pytest.mark.parametrize(
    ("found", "passed", "severity"),
    [
        (Findings(blocking=["no rows"], warnings=["few rows"]), False, "ERROR"),
        (Findings(warnings=["few rows"]), False, "WARN"),
        (Findings(notes=["not judged yet"]), True, "ERROR"),
    ],
)
def test_warnings_alone_have_a_severity_that_stops_nothing(found, passed, severity):
    result = check_result("rows", found)
    assert result.passed is passed
    assert result.severity is dg.AssetCheckSeverity[severity]
    assert result.description == found.text


def test_the_figures_stand_in_the_metadata():
    result = check_result("rows", Findings(facts={"rows": 3}), share=dg.MetadataValue.float(0.5))
    assert result.metadata["rows"].value == 3
    assert result.metadata["share"].value == 0.5
    assert result.description is None
