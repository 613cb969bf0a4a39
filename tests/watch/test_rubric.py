"""The ML Test Score from check results, and its table in the documentation."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.watch.rubric.breck import SECTIONS, TESTS
from platform_assets.watch.rubric.level2 import ASSETS, answers
from platform_assets.watch.rubric.scoring import Ran, score
from resources.settings import CHECKOUT

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REFERENCE = (CHECKOUT / "docs" / "reference.md").read_text()


def checks():
    """One check for each proof, as if everything there is had run."""
    proofs = {proof for test in TESTS for proof in (*test.proofs, *test.partly)}
    named = {(one.asset.replace("*", "staging"), one.check.replace("[dl]*", "linear"))
             for one in proofs}  # fmt: skip
    return sorted((asset, check.replace("*", "ap")) for asset, check in named)


EVERYTHING = checks()


def ran(*, without=(), **fields):
    given = {"at": NOW, "passed": True} | fields
    return [Ran(*name, **given) for name in EVERYTHING if name not in without]


def judged(number, results, known=EVERYTHING):
    return next(one for one in score(results, NOW, known).tests if one.test.number == number)


def test_there_are_seven_tests_of_each_section():
    assert [[one.section for one in TESTS].count(name) for name in SECTIONS] == [7] * 4
    assert len({one.number for one in TESTS}) == 28


def test_with_everything_run_by_itself_each_section_has_at_least_six():
    found = score(ran(), NOW, EVERYTHING)
    assert {one.section: one.passing for one in found.sums} == {
        "data": 6.0,
        "model": 7.0,
        "infrastructure": 6.0,
        "monitoring": 6.5,
    }
    assert found.value == found.coverage == 6.0


def test_whatever_cannot_have_a_whole_point_says_why():
    assert all(bool(one.reason) == (one.most < 1) for one in TESTS)


def test_a_check_that_is_taken_away_counts_nothing():
    gone = ("evaluation_report", "slices_hold")
    results = ran(without=[gone])
    known = [name for name in EVERYTHING if name != gone]
    one = judged("M6", results, known)
    assert (one.points, one.state) == (0.0, "not run")
    assert one.why == "there is no check evaluation_report.slices_hold"


def test_a_check_that_never_ran_counts_nothing():
    one = judged("M6", ran(without=[("evaluation_report", "slices_hold")]))
    assert (one.points, one.why) == (0.0, "evaluation_report.slices_hold never ran")


@pytest.mark.parametrize(("days", "points"), [(30, 1.0), (31, 0.0)])
def test_a_check_counts_within_its_period(days, points):
    assert judged("M6", ran(at=NOW - timedelta(days=days))).points == points


def test_a_check_in_a_run_by_hand_counts_half():
    found = score(ran(by_hand=True), NOW, EVERYTHING)
    assert {one.points for one in found.tests} == {0.5}
    assert "run by hand" in judged("M6", ran(by_hand=True)).why


def test_a_check_that_failed_was_run_and_did_not_pass():
    one = judged("M6", ran(passed=False))
    assert (one.points, one.passing, one.state) == (1.0, 0.0, "failed")
    found = score(ran(passed=False), NOW, EVERYTHING)
    assert (found.value, found.coverage) == (0.0, 6.0)


def test_a_check_that_had_nothing_to_judge_proves_nothing():
    one = judged("O7", ran(judged=False))
    assert (one.points, one.why) == (0.0, "monitoring.quality had nothing to judge")


def test_a_release_without_a_canary_has_half_for_its_staging():
    nothing = ran(without=[("production_deployment", "canary")])
    one = judged("I6", nothing)
    assert (one.points, one.state) == (0.5, "passed")
    assert one.why == "production_deployment.canary never ran"


def test_every_environment_and_every_baseline_must_prove_it():
    known = [*EVERYTHING, ("evaluation_report", "ap_beats_dummy")]
    assert judged("M5", ran(), known).points == 0.0


@given(st.sets(st.sampled_from(EVERYTHING)), st.sampled_from(EVERYTHING))
def test_one_check_less_never_makes_a_score_better(gone, other):
    before = score(ran(without=gone), NOW, EVERYTHING)
    after = score(ran(without={*gone, other}), NOW, EVERYTHING)
    assert after.value <= before.value <= before.coverage <= 7


@pytest.mark.parametrize("test", TESTS, ids=[one.number for one in TESTS])
def test_the_reference_has_the_same_table(test):
    proofs = ", ".join(f"`{one}`" for one in test.proofs)
    partly = f"; half: {', '.join(f'`{one}`' for one in test.partly)}" if test.partly else ""
    cells = (test.number, test.name, f"{test.most:g}", str(test.days), proofs + partly, test.reason)
    line = f"| {' | '.join(cells)} |".replace("|  |", "| |")
    assert line in REFERENCE


def test_level_2_is_answered_by_assets_of_the_graph():
    rows = answers(ASSETS)
    assert all("never made" not in assets for _, assets, _ in rows)
    assert "monitoring (never made)" in str(answers({"cleaned"}))
