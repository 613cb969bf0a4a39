"""What the score remembers of checks and tests, and for how long."""

from datetime import UTC, datetime, timedelta

from platform_assets.watch.rubric.losses import KEPT, Memory
from platform_assets.watch.rubric.scoring import Ran, score

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SLICES, GROUPS = (("evaluation_report", one) for one in ("slices_hold", "groups_treated_alike"))
KNOWN = [SLICES, GROUPS]


def at(days=0, checks=KNOWN):
    """The score after as many days, all checks having run that day, and what it knows."""
    now = NOW + timedelta(days=days)
    return score([Ran(*one, now, passed=True) for one in checks], now, checks), checks, now


def test_while_all_is_there_nothing_is_lost():
    found, known, now = at()
    assert Memory().lost(found, known) == []
    assert Memory().after(found, known, now).lost(found, known) == []


def test_a_failed_check_is_no_lost_one():
    found, known, now = at()
    failed = score([Ran(*one, now, passed=False) for one in known], now, known)
    assert Memory().after(found, known, now).lost(failed, known) == []


def test_what_is_lost_is_told_for_a_month_and_then_forgotten():
    memory = Memory().after(*at())
    for days in (1, KEPT.days):
        found, known, now = at(days, [GROUPS])
        gone, unproven = memory.lost(found, known)
        assert gone == "the check evaluation_report.slices_hold is gone, it was there on 2026-03-01"
        assert unproven.startswith("nothing proves M6 ")
        memory = memory.after(found, known, now)
    found, known, now = at(KEPT.days + 1, [GROUPS])
    assert memory.after(found, known, now).lost(found, known) == []


def test_one_of_several_checks_of_a_test_is_missed_though_the_test_is_proven():
    both = [("evaluation_report", f"{one}_beats_dummy") for one in ("ap", "brier")]
    found, known, _ = at(1, both[:1])
    assert Memory().after(*at(0, both)).lost(found, known) == [
        "the check evaluation_report.brier_beats_dummy is gone, it was there on 2026-03-01"
    ]


def test_a_memory_survives_as_text():
    memory = Memory().after(*at())
    assert memory.tests.keys() == {"M6", "M7"}
    assert Memory.parse(memory.to_text()) == memory
