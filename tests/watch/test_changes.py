"""People are told of an alert once when it begins to stand, and once when it ends."""

from dataclasses import replace

from platform_assets.watch.alerts import Rule, alerts
from platform_assets.watch.changes import (
    AT_ONCE,
    Told,
    by_monitor,
    known_after,
    notices,
    parse,
    text,
)
from tests.support.watched import QUIET, days

RULE = Rule(n=2, m=3, minimum_rows=200)
NOBODY: frozenset[Told] = frozenset()
AMOUNT = Told("production", "input_drift", QUIET.digest, "3")


def standing(*observed):
    return by_monitor(alerts([one for windows in observed for one in windows], RULE))


def due(known, now):
    return notices("fraud", known, now, "http://127.0.0.1:3000/assets/fraud", "t1")


def test_a_new_alert_is_told_with_what_was_seen_and_where_to_look():
    (notice,) = due(NOBODY, standing(days("oxx", value=0.31)))
    assert notice.title == "fraud in production: alert input_drift"
    assert "input_drift of amount in production since 2026-03-02 00:00 UTC: 0.31" in notice.text
    assert "(threshold 0.2)" in notice.text
    assert "Evidence: http://127.0.0.1:3000/assets/fraud/monitoring" in notice.text
    assert "slipway why fraud --env production" in notice.text


def test_an_alert_that_goes_on_is_not_told_again():
    known = frozenset(standing(days("oxx")))
    assert due(known, standing(days("oxxxxx"))) == []


def test_a_storm_of_one_monitor_is_one_notice():
    storm = [days("xx", subject=f"column {number}") for number in range(40)]
    (notice,) = due(NOBODY, standing(*storm))
    assert notice.why.endswith(" and 35 more")
    known = frozenset(standing(*storm[:3]))
    assert due(known, standing(*storm)) == []


def test_an_alert_that_ends_is_told_once():
    known = frozenset(standing(days("oxx")))
    (notice,) = due(known, standing(days("oxxoo")))
    assert (notice.before, notice.after) == ("alert input_drift", "alert input_drift ended")
    assert due(NOBODY, standing(days("oxxoo"))) == []


def test_of_many_changes_each_is_told_once_a_few_at_a_time():
    """An address that hangs cost the tick its time, and everybody was told all of it again."""
    known, now, told = NOBODY, standing(*[days("xx", monitor=f"m{n:02}") for n in range(12)]), []
    for stands in [now] * 3 + [{}] * 3:
        told.append([one.after for one in due(known, stands)])
        known = known_after(known, stands)
    assert [len(one) for one in told] == [AT_ONCE, AT_ONCE, 2] * 2
    assert len({one for some in told for one in some}) == 24
    assert known == NOBODY


def test_a_new_version_with_the_same_trouble_is_told_anew():
    other = standing(days("xx", digest="e" * 64, version="4"))
    begun, ended = due(frozenset([AMOUNT]), other)
    assert (begun.version, ended.version) == ("4", "3")


def test_only_what_cannot_wait_is_urgent():
    def urgent(monitor):
        return due(NOBODY, standing(days("xx", monitor=monitor)))[0].urgent

    assert [urgent(one) for one in ("skew", "quality", "input_drift")] == [True, True, False]


def test_what_people_know_survives_a_restart_and_an_unknown_cursor_counts_as_nothing():
    known = frozenset([AMOUNT, replace(AMOUNT, monitor="skew")])
    assert parse(text(known)) == known
    assert [parse(one) for one in (None, "", "{", '[{"other": 1}]')] == [NOBODY] * 4


def test_lost_proofs_are_one_alert_with_the_score_as_its_evidence():
    lost = {Told("production", "test_score", "", ""): ["the check cleaned.a is gone"]}
    (notice,) = due(NOBODY, lost)
    assert (notice.title, notice.why) == (
        "fraud in production: alert test_score",
        "the check cleaned.a is gone",
    )
    assert notice.evidence == "http://127.0.0.1:3000/assets/fraud/test_score"
    assert due(frozenset(lost), lost) == []
