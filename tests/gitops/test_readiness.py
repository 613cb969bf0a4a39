"""Waiting, on a clock of its own: how long, and when waiting is of no use."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from gitops.errors import RuntimeUnavailable
from gitops.manifest import serve_application
from gitops.readiness import Patience, await_ready
from gitops.runtime import LiveModel, ObservedApplication, Refusal
from tests.support.releases import digest, manifest

WANTED = manifest()
LIVE = LiveModel(True, digest("a"))
OLD = LiveModel(True, digest("b"))


def seen(status: str, message: str = "") -> ObservedApplication:
    return ObservedApplication("staging-fraud", status, message, serve_application(WANTED))


@dataclass
class Script:
    """A runtime that shows one state after the other, and the last one for good."""

    states: list[ObservedApplication | RuntimeUnavailable | None]
    answers: list[LiveModel | None] = field(default_factory=lambda: [LIVE])
    asked: int = 0

    def observe(self) -> Mapping[str, ObservedApplication]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, RuntimeUnavailable):
            raise state
        return {state.name: state} if state else {}

    def apply(self, applications: Sequence[Mapping[str, Any]]) -> None:
        raise AssertionError("waiting changes nothing")

    def live(self, route: str) -> LiveModel | None:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def ticking(timeout: float = 10.0) -> Patience:
    """A clock that moves by one second for each look."""
    ticks: Iterator[int] = iter(range(1000))
    return Patience(timeout, clock=lambda: float(next(ticks)), pause=lambda _: None)


AWAY = RuntimeUnavailable("http://127.0.0.1:8265", "refused")


def test_it_waits_through_deploying_until_the_digest_answers():
    script = Script([seen("DEPLOYING"), seen("RUNNING")], [None, OLD, LIVE])
    assert await_ready(script, WANTED, ticking()).passed


def test_an_outage_on_the_way_does_not_matter():
    assert await_ready(Script([AWAY, seen("RUNNING")]), WANTED, ticking()).passed


def test_an_outage_at_the_end_is_no_verdict():
    with pytest.raises(RuntimeUnavailable, match="refused"):
        await_ready(Script([seen("DEPLOYING"), AWAY]), WANTED, ticking())


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (Script([seen("DEPLOYING", "starting")]), "starting"),
        (Script([seen("UNHEALTHY", "crashed")]), "crashed"),
        (Script([seen("RUNNING")], [None]), "no answer at /staging/fraud"),
        (Script([seen("RUNNING")], [LiveModel(False)]), "not ready"),
        (Script([seen("RUNNING")], [OLD]), "live digest was sha256:bbb"),
    ],
)
def test_when_the_time_is_over_the_last_look_is_the_verdict(script, message):
    verdict = await_ready(script, WANTED, ticking())
    assert not verdict.passed
    assert message in verdict.sentence()


@pytest.mark.parametrize(
    "script",
    [
        Script([seen("DEPLOY_FAILED", "no replica")]),
        Script(
            [seen("RUNNING")], [LiveModel(True, digest("b"), refused=Refusal(digest("a"), "x"))]
        ),
        Script([seen("RUNNING")], [LiveModel(True, digest("b"), refused=Refusal("", "x"))]),
    ],
)
def test_what_waiting_cannot_mend_fails_at_once(script):
    verdict = await_ready(script, WANTED, ticking(timeout=500.0))
    assert not verdict.passed
    assert script.asked <= 1


def test_a_refusal_of_another_bundle_is_not_ours():
    refused = LiveModel(True, digest("a"), refused=Refusal(digest("c"), "x"))
    assert await_ready(Script([seen("RUNNING")], [refused]), WANTED, ticking()).passed


@pytest.mark.parametrize("other", [None, ObservedApplication("staging-fraud", "RUNNING", "", {})])
def test_a_system_that_was_told_something_else_gives_no_verdict(other):
    assert await_ready(Script([other]), WANTED, ticking()) is None


def test_one_old_replica_is_enough_to_wait_on():
    wanted = manifest(replicas=2)
    told = ObservedApplication("staging-fraud", "RUNNING", "", serve_application(wanted))
    script = Script([told], [LIVE, LIVE, LIVE, OLD, LIVE])
    assert await_ready(script, wanted, ticking()).passed
    assert script.asked == 4 + 8
