"""Which alerts stand for what is live."""

from dataclasses import replace

from platform_assets.watch.observations import Outcome, record
from platform_assets.watch.standing import standing
from tests.support.tiny import tiny
from tests.support.watched import DAY, FIRST, QUIET

MONTH = 31 * DAY


def test_windows_of_a_month_raise_an_alert_as_those_of_a_day_do(lake):
    """The two months that the rule needs began before the 30 days that were looked at."""
    folder = tiny(monitoring={"window_minutes": 44_640, "label_days": 1})
    months = [
        replace(QUIET, start=FIRST + n * MONTH, end=FIRST + (n + 1) * MONTH, outcome=Outcome.BEYOND)
        for n in range(2)
    ]
    record(lake, folder.name, months)
    found = standing(lake, folder, {"production": QUIET.digest}, FIRST + 3 * MONTH - DAY)
    assert [one.since for one in found] == [FIRST]
