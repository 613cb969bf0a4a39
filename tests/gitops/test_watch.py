"""The loop: each target is looked at when it is due, and the end comes between two acts."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from gitops.canary import CanaryPolicy
from gitops.conditions import Reason
from gitops.known import Act
from gitops.pace import Pace
from gitops.readiness import Patience
from gitops.rollback import rollback
from gitops.stopping import Stop, told_by_signals
from gitops.suspension import resume, suspend
from gitops.watch import Watch
from tests.support.releases import digest, elsewhere, with_options

PACE = Pace(interval=60, retry_interval=10)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Rehearsal:
    """A watch whose rests take no time; what happens during each is a step, the last one ends."""

    steps: list[Callable[[], object]]
    rests: list[float] = field(default_factory=list)
    told: bool = False

    def wait(self, seconds: float) -> bool:
        self.rests.append(seconds)
        self.steps.pop(0)()
        self.told = not self.steps
        return self.told

    def clock(self) -> float:
        return sum(self.rests)

    def watch(self, at, **options):
        """Look until the steps are over; what was heard, and what failed."""
        heard, failed = [], []
        reconciler = with_options(
            at, pace=PACE, clock=lambda: BEGAN + timedelta(seconds=self.clock())
        ).reconciler
        watch = Watch(
            reconciler, self, heard.append, failed.append, pace=PACE, clock=self.clock, **options
        )
        watch.run()
        return [str(one.outcome.reason) for one in heard], failed


def nothing() -> None:
    """A rest in which nothing happens."""


def test_a_rollback_does_not_wait_for_the_end_of_a_long_step(at):
    at.staging("a")
    at.bring("b", canary=CanaryPolicy(interval=7200.0, timeout=7200.0))
    back = partial(rollback, at.forge, "staging", "fraud", "smells", "ann")
    rehearsal = Rehearsal([back, nothing])
    assert rehearsal.watch(at)[0] == ["Canary", "RolledBack"]
    assert rehearsal.rests[0] == PACE.interval


def test_what_is_committed_meanwhile_is_live_after_the_next_look(at):
    at.bring("a")
    loop = Rehearsal([lambda: at.bring("b"), nothing])
    heard, _ = loop.watch(at)
    assert (heard, at.serve.digest("staging-fraud")) == (["Healthy", "Healthy"], digest("b"))
    assert loop.rests == [60, 60]


def test_what_stays_as_it_is_is_looked_at_and_not_told_again(at):
    at.staging("a")
    heard, _ = Rehearsal([nothing] * 2).watch(at)
    assert heard == ["Healthy"]


def test_what_was_changed_behind_gits_back_is_put_right_at_the_next_look(at):
    at.staging("a")
    heard, _ = Rehearsal([at.serve.restart, nothing]).watch(at)
    assert heard == ["Healthy", "Healed"]


def test_what_cannot_be_done_yet_is_tried_less_and_less_often(at):
    at.staging("a")
    at.serve.outage = True
    loop = Rehearsal([nothing] * 4)
    loop.watch(at)
    assert [round(rest) for rest in loop.rests] == [10, 20, 40, 60]


def test_a_suspended_target_is_left_alone_until_it_is_resumed(at):
    suspend(at.forge, "staging", "fraud", "moving", "ann")
    at.bring("a")
    puts = []
    steps = [
        lambda: puts.extend(at.serve.puts),
        lambda: resume(at.forge, "staging", "fraud", "ann"),
        nothing,
    ]
    heard, _ = Rehearsal(steps).watch(at)
    assert (puts, heard) == ([], ["Suspended", "Healthy"])


def test_a_repository_that_is_gone_is_told_of_and_tried_again(at, tmp_path):
    at.staging("a")
    place, away = at.forge.path, tmp_path / "away.git"
    place.rename(away)
    loop = Rehearsal([nothing, nothing, lambda: away.rename(place), nothing])
    heard, failed = loop.watch(at)
    assert loop.rests == [10, 20, 40, 60]
    assert (heard, len(failed)) == (["Healthy"], 3)
    assert "is no GitOps repository" in str(failed[0])


def test_only_what_is_wanted_is_looked_at(at):
    at.bring("a")
    heard, _ = Rehearsal([nothing]).watch(at, wanted=lambda target: target[1] == "other")
    assert (heard, at.serve.puts) == ([], [])


@pytest.mark.parametrize(("before", "after"), [*pairwise(list(Act)[:2])])
def test_a_pass_that_is_told_to_end_ends_behind_the_act_and_gives_the_lease_back(
    at, before, after, tmp_path
):
    at.bring("a")
    stop = Stop()

    def hear(point: str) -> None:
        if point == f"after:{before}":
            stop.tell()
        stop.heed(point)

    report = with_options(at, on_act=hear).reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, report.acts) == (Reason.STOPPED, (before,))
    assert f"told to end before {after}" in report.outcome.message
    assert at.forge.read_lease().holder == ""
    other = elsewhere(at, tmp_path / "other.lock").reconciler.reconcile("staging", "fraud")
    assert other.outcome.reason == Reason.HEALTHY


def test_a_wait_for_readiness_is_cut_short(at):
    at.bring("a")
    at.serve.hanging.add(digest("a"))
    stop = Stop()
    stop.tell()
    waiting = with_options(at, patience=Patience(timeout=600.0, pause=stop.pause))
    report = waiting.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, report.acts[-1]) == (Reason.STOPPED, Act.RECORD_APPLIED)


def test_a_signal_tells_once_and_the_second_one_is_not_kept():
    before = signal.getsignal(signal.SIGTERM)
    with told_by_signals() as stop:
        assert not stop.told
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(60)
        assert signal.getsignal(signal.SIGTERM) is before


def test_the_command_goes_on_until_sigterm_and_ends_with_0(at, tmp_path):
    at.staging("a")
    command = [sys.executable, "-m", "gitops", "reconcile", "--watch", "--interval", "1"]
    addresses = ["--api", at.serve.api, "--endpoint", at.serve.endpoint]
    process = subprocess.Popen(
        [*command, *addresses, "--repository", str(at.forge.path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"SLIPWAY_HOME": str(tmp_path)},
    )
    with process:
        assert process.stdout.readline().startswith("staging/fraud: settled (Healthy)")
        at.bring("b")
        assert process.stdout.readline().startswith("staging/fraud: retry-after (AwaitingVer")
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[0] == "told to end\n"
    assert process.returncode == 0
    assert at.serve.digest("staging-fraud") == digest("b")
