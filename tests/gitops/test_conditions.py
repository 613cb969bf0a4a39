import pytest

from gitops.conditions import (
    SENTENCES,
    Blocked,
    Reason,
    RetryAfter,
    Settled,
    Verdict,
    kind,
    outcome_from_dict,
    outcome_to_dict,
)


def test_every_reason_has_its_sentence():
    assert set(SENTENCES) == set(Reason)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


def test_a_metric_that_was_not_measured_never_passes():
    verdict = Verdict("latency", passed=True, metric="p99", observed=None, threshold=200.0)
    assert not verdict.passed
    assert verdict.sentence() == "latency: p99 was not measured"


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (
            Verdict("latency", False, "p99", 412.04, 200.0, "ms"),
            "latency: p99 was 412.04 ms, allowed 200 ms",
        ),
        (
            Verdict("golden", True, "rows", "3 of 3", None, message="all\nequal"),
            "golden: rows was 3 of 3 (all equal)",
        ),
        (
            Verdict("ready", False, "digest", None, "x", message="gone"),
            "ready: digest was not measured (gone)",
        ),
    ],
)
def test_a_verdict_says_in_one_line_what_was_seen_and_allowed(verdict, sentence):
    assert verdict.sentence() == sentence


@pytest.mark.parametrize(
    ("passed", "observed", "given", "outcome"),
    [
        (True, 1.0, None, "pass"),
        (False, 1.0, None, "fail"),
        (False, 1.0, "inconclusive", "inconclusive"),
        (True, 1.0, "inconclusive", "inconclusive"),
        (True, 1.0, "fail", "fail"),
        (False, 1.0, "pass", "fail"),
        (True, None, "pass", "fail"),
        (True, 1.0, "perhaps", "fail"),
    ],
)
def test_a_verdict_passes_only_where_everything_says_so(passed, observed, given, outcome):
    verdict = Verdict("quality", passed, "auc", observed, 0.8, outcome=given)
    assert (verdict.outcome, verdict.passed) == (outcome, outcome == "pass")


def test_a_verdict_written_before_there_was_an_outcome_is_read():
    fields = Verdict("latency", False, "p99", 412.0, 200.0).to_dict()
    del fields["outcome"]
    assert Verdict.from_dict(fields).outcome == "fail"


def test_a_verdict_survives_its_dictionary():
    verdict = Verdict("latency", False, "p99", 412.0, 200.0, "ms", "slow", "report.html")
    assert Verdict.from_dict(verdict.to_dict()) == verdict


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (Settled(Reason.HEALTHY, "fine"), "settled"),
        (RetryAfter(Reason.LOCKED, "busy", 3.0), "retry-after"),
        (Blocked(Reason.HELD, "no"), "blocked"),
    ],
)
def test_an_outcome_survives_its_dictionary(outcome, name):
    assert kind(outcome) == outcome_to_dict(outcome)["kind"] == name
    assert outcome_from_dict(outcome_to_dict(outcome)) == outcome


def test_what_is_no_outcome_is_refused():
    with pytest.raises(ValueError, match="outcome 'done', expected settled"):
        outcome_from_dict({"kind": "done", "reason": "Healthy", "message": ""})
