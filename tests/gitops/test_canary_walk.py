"""A candidate takes over step by step, and is taken back by a commit if it is not as good."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from gitops.canary import CanaryPolicy
from gitops.conditions import Reason, RetryAfter, Settled
from gitops.errors import ManifestInvalid
from gitops.figures import Figures, figures_from
from gitops.holds import held, read_holds
from gitops.known import Act
from gitops.manifest import parse, render
from tests.support.fake_serve import GOOD_FIGURES
from tests.support.releases import digest, manifest, with_options

POLICY = CanaryPolicy(steps=(5, 50), interval=30.0, samples=200, timeout=300.0)
FEW = {**GOOD_FIGURES, "pairs": dict.fromkeys(GOOD_FIGURES["pairs"], 0)} | {
    side: {"requests": 0, "errors": 0, "latency_us": []} for side in ("stable", "candidate")
}


@dataclass
class Watch:
    """A clock that stands still until it is moved."""

    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Rows:
    """A replay that has figures at hand, and says for whom it was asked."""

    figures: Figures | None
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    def replay(self, stable, candidate, requests):
        self.asked.append((stable.bundle_digest, candidate.bundle_digest, requests))
        return self.figures


def bad(**pairs):
    return {**GOOD_FIGURES, "pairs": {**GOOD_FIGURES["pairs"], **pairs}}


@pytest.fixture
def clock():
    return Watch()


@pytest.fixture
def walking(at, clock):
    """Version a is live in staging, version b waits in git with a canary."""
    world = with_options(at, clock=clock)
    world.staging("a")
    world.bring("b", canary=POLICY)
    return world


def step(world):
    return world.reconciler.reconcile("staging", "fraud")


def told(world):
    """The share and digest of the candidate that Serve was told last, and what is stable."""
    config = world.serve.puts[-1]["applications"][0]["deployments"][0]["user_config"]
    canary = config.get("canary")
    return config["bundle"]["digest"], canary and (canary["bundle"]["digest"], canary["weight"])


def test_a_candidate_answers_a_share_and_waits_for_the_interval(walking):
    report = step(walking)
    assert report.outcome == RetryAfter(
        Reason.CANARY, "step 1 of 2 (5 %): 1000 requests, pass", 30.0
    )
    assert told(walking) == (digest("a"), (digest("b"), 0.05))
    assert walking.serve.digest("staging-fraud") == digest("a")


def test_nothing_is_told_anew_while_a_step_lasts(walking):
    step(walking)
    puts = len(walking.serve.puts)
    report = step(walking)
    assert (report.outcome.reason, len(walking.serve.puts)) == (Reason.CANARY, puts)
    assert report.acts[:2] == (Act.AWAIT_READY, Act.ANALYSE)


@pytest.mark.parametrize("slow", [Act.APPLY, Act.AWAIT_READY])
def test_a_step_begins_when_the_candidate_serves_and_not_when_it_is_asked_for(at, clock, slow):
    """A candidate that took its interval to load had passed its first step unseen."""

    def load(point):
        if point == f"after:{slow}":
            clock.pass_(POLICY.timeout)

    world = with_options(at, clock=clock)
    world.staging("a")
    world.bring("b", canary=POLICY)
    loading = with_options(world, clock=clock, on_act=load)
    assert (step(loading).outcome.reason, told(world)[1]) == (Reason.CANARY, (digest("b"), 0.05))
    for seconds, share in ((POLICY.interval - 1, 0.05), (1, 0.5)):
        clock.pass_(seconds)
        step(world)
        assert told(world)[1] == (digest("b"), share)


def test_a_step_begins_anew_when_its_replicas_do(walking, clock):
    step(walking)
    clock.pass_(POLICY.interval)
    walking.serve.restart()
    assert step(walking).outcome.seconds == POLICY.interval


def test_each_step_takes_its_interval_and_the_last_one_ends_in_the_usual_proof(walking, clock):
    shares = []
    for _ in range(2):
        step(walking)
        shares.append(told(walking)[1])
        clock.pass_(30)
    report = step(walking)
    assert shares == [(digest("b"), 0.05), (digest("b"), 0.5)]
    assert told(walking) == (digest("b"), None)
    assert (report.outcome.reason, report.acts[-2]) == (Reason.HEALTHY, Act.RECORD_HEALTHY)
    assert [one.step for one in report.analyses] == ["step 2 of 2 (50 %)"]


@pytest.mark.parametrize(
    ("figures", "check"),
    [
        (bad(failures=100), "canary_errors: errors was 0.05"),
        (bad(disagreed=400), "canary_disagreement: rows decided otherwise was 0.4"),
        (bad(shift=400.0, shift_squares=200.0), "canary_shift: shift in standard deviations was"),
        (
            {
                **GOOD_FIGURES,
                "candidate": {"requests": 100, "errors": 0, "latency_us": [[90000.0, 100]]},
            },
            "canary_latency: p95 was 90 ms, allowed 5.3 ms",
        ),
    ],
)
def test_a_candidate_that_is_not_as_good_is_taken_back_at_once_and_held(figures, check, walking):
    walking.serve.compared[digest("b")] = figures
    report = step(walking)
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert told(walking) == (digest("a"), None)
    hold = held(read_holds(walking.forge, "staging", "fraud", walking.forge.head()), digest("b"))
    assert hold.reason.startswith(check)
    assert report.verdicts[0].check == "canary_samples"


def test_a_candidate_that_cannot_be_loaded_is_taken_back_and_the_stable_one_stays(walking):
    walking.serve.refusals[digest("b")] = "CorruptFile: file 'model.onnx'"
    report = step(walking)
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert walking.serve.digest("staging-fraud") == digest("a")
    assert "refused by the endpoint: CorruptFile" in report.verdicts[0].sentence()


def test_doubt_waits_and_is_taken_back_when_its_time_is_over(walking, clock):
    walking.serve.compared[digest("b")] = FEW
    for _ in range(10):
        report = step(walking)
        assert report.outcome.reason == Reason.CANARY
        assert "inconclusive: canary_samples: requests known was 0 (at least 200)" in str(
            report.outcome.message
        )
        clock.pass_(30)
    assert step(walking).outcome.reason == Reason.ROLLED_BACK


def test_too_little_traffic_is_made_up_by_a_replay_once_the_interval_is_over(at, clock):
    rows = Rows(figures_from(GOOD_FIGURES))
    world = with_options(at, clock=clock, replayer=rows)
    world.staging("a")
    world.bring("b", canary=POLICY)
    world.serve.compared[digest("b")] = FEW
    step(world)
    assert rows.asked == []
    clock.pass_(30)
    report = step(world)
    assert rows.asked == [(digest("a"), digest("b"), 200)]
    assert report.analyses[0].sentence() == (
        "step 1 of 2 (5 %): 0 requests and 1000 replayed, pass"
    )
    assert told(world)[1] == (digest("b"), 0.5)


def test_a_replay_that_goes_wrong_is_taken_back(at, clock):
    world = with_options(at, clock=clock, replayer=Rows(figures_from(bad(disagreed=900))))
    world.staging("a")
    world.bring("b", canary=POLICY)
    world.serve.compared[digest("b")] = FEW
    step(world)
    clock.pass_(30)
    assert step(world).outcome.reason == Reason.ROLLED_BACK


def test_what_nobody_was_live_before_goes_live_at_once(at):
    at.bring("b", canary=POLICY)
    assert isinstance(step(at).outcome, Settled)
    assert told(at) == (digest("b"), None)


def test_a_rollback_has_no_canary(walking, clock):
    walking.serve.compared[digest("b")] = bad(disagreed=900)
    step(walking)
    assert told(walking) == (digest("a"), None)
    assert all(
        "canary" not in put["applications"][0]["deployments"][0]["user_config"]
        for put in walking.serve.puts[2:]
    )


def test_a_newer_candidate_takes_the_place_of_one_on_its_way(walking, clock):
    step(walking)
    clock.pass_(30)
    step(walking)
    walking.bring("c", canary=POLICY)
    step(walking)
    assert told(walking) == (digest("a"), (digest("c"), 0.05))


def test_a_step_goes_on_where_it_was_after_a_crash(walking, clock):
    step(walking)
    clock.pass_(30)
    step(walking)
    walking.serve.restart()
    report = step(walking)
    assert report.outcome.message.startswith("step 2 of 2 (50 %)")
    assert told(walking) == (digest("a"), (digest("b"), 0.5))


def test_what_somebody_else_told_serve_meanwhile_is_told_again(walking):
    step(walking)
    name = "staging-fraud"
    config = walking.serve.applications[name].config
    walking.serve.applications[name].config = {**config, "deployments": []}
    step(walking)
    assert told(walking) == (digest("a"), (digest("b"), 0.05))


def test_a_due_pass_leaves_a_step_alone_until_its_time(walking, clock):
    step(walking)
    assert walking.reconciler.due("staging", "fraud").acts == ()
    clock.pass_(30)
    assert Act.ANALYSE in walking.reconciler.due("staging", "fraud").acts


def test_a_manifest_says_its_canary_and_is_read_back(at):
    wanted = manifest(canary=POLICY)
    assert parse(render(wanted), wanted.path) == wanted
    assert "slipway.dev/canary" in render(wanted)
    assert "canary" not in render(replace(wanted, canary=None))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": ()}, "canary.steps"),
        ({"steps": (50, 5)}, "canary.steps"),
        ({"steps": (100,)}, "canary.steps"),
        ({"steps": (0.5,)}, "canary.steps"),
        ({"samples": 0}, "canary.samples"),
        ({"samples": True}, "canary.samples"),
        ({"shadow": 1.5}, "canary.shadow.*a share, 0 to 1"),
        ({"interval": float("nan")}, "canary.interval"),
        ({"interval": 100.0, "timeout": 10.0}, "canary.timeout.*at least the interval, 100"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(change, message):
    with pytest.raises(ManifestInvalid, match=message):
        CanaryPolicy(**change)
