"""When a judgement that did not pass starts a larger search, and when it ends."""

from dataclasses import replace

import pytest

from platform_assets.retrying import Again, Enough, Judged, decide_retry
from platform_assets.spec import Retry

FAILED = Judged("fail", "b" * 64, 0, 3, "roc_auc_reaches", "3 trials (best 0.7)")


def decide(judged=FAILED, begun=0, planned=12, retry=None, unfinished=0):
    return decide_retry(judged, begun, planned, retry or Retry(), unfinished)


@pytest.mark.parametrize("outcome", ["fail", "inconclusive"])
def test_what_did_not_pass_is_searched_once_more_and_the_reason_is_told(outcome):
    again = decide(replace(FAILED, outcome=outcome))
    assert again == Again(
        attempt=1,
        run_key=f"{'b' * 16}-attempt-1",
        reason=f"roc_auc_reaches: {outcome}; larger search 1 of 1: 12 trials",
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"judged": None}, "not judged yet"),
        ({"judged": replace(FAILED, outcome="pass")}, "passed every gate"),
        ({"unfinished": 2}, "2 runs of this model are under way"),
        ({"planned": 3}, "3 trials were all that search.space has"),
        ({"retry": Retry(attempts=0)}, "retry.attempts is 0"),
        ({"begun": 1}, "larger search 1 was started and ended without a judgement"),
        (
            {"judged": replace(FAILED, attempt=1)},
            "no search is left (retry.attempts is 1): tried 3 tri",
        ),
    ],
)
def test_there_is_a_reason_to_start_nothing(given, why):
    decision = decide(**given)
    assert isinstance(decision, Enough)
    assert why in decision.reason


def test_attempts_end_whatever_became_of_each():
    """Each attempt that was begun counts, so a run that dies is not asked for again."""
    retry, begun = Retry(attempts=3), 0
    while isinstance(again := decide(begun=begun, retry=retry), Again):
        assert again.attempt == begun + 1
        begun = again.attempt
    assert begun == 3


def test_other_rows_or_code_have_attempts_of_their_own():
    first, other = decide(), decide(replace(FAILED, base="c" * 64))
    assert first.run_key != other.run_key


CANDIDATE = {"candidate_key": "k", "search_base": "b", "attempt": 0, "search_trials": 3}
REPORT = {"candidate_key": "k", "outcome": "fail", "not_passed": "auc", "tried": "3 trials"}


def test_a_judgement_is_that_of_the_newest_candidate():
    assert Judged.of(CANDIDATE, REPORT) == Judged("fail", "b", 0, 3, "auc", "3 trials")


@pytest.mark.parametrize("report", [{}, REPORT | {"candidate_key": "earlier"}])
def test_a_judgement_of_an_earlier_candidate_is_none(report):
    assert Judged.of(CANDIDATE, report) is None
