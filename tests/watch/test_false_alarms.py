"""Half a year without change raises no more alerts than docs/reference.md promises."""

import pytest

from tests.support.half_year import half_year, observations

PROMISED = 1


@pytest.mark.e2e
def test_half_a_year_without_change_raises_no_more_alerts_than_promised():
    assert len(half_year(seed=1)) <= PROMISED


def test_the_simulation_asks_every_monitor_that_looks_at_rows():
    asked = {one.monitor for one in observations(1, 0, 400, [])}
    assert asked == {
        "input_drift",
        "score_drift",
        "invariants",
        "skew",
        "numerical_health",
        "latency",
        "errors",
        "quality",
        "quality_proxy",
    }
