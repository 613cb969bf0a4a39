"""What the supervisor does next, without a process."""

import pytest

from platform_assets.cli.stack.lifecycle import (
    BACKOFF_SECONDS,
    STABLE_SECONDS,
    Act,
    Facts,
    Rules,
    decide,
)
from platform_assets.cli.stack.state import Phase, ServiceState

RULES = Rules(patience=60.0)
ONCE = Rules(patience=60.0, one_shot=True)


def facts(now=100.0, *, alive=True, ready=False, needs_met=True, exit_code=None):
    return Facts(now, alive, ready, needs_met, exit_code)


def state(phase, since=100.0, starts=1, **fields):
    return ServiceState(phase=phase, since=since, starts=starts, **fields)


def test_a_service_waits_for_what_it_comes_after():
    waiting = ServiceState()
    assert decide(waiting, facts(needs_met=False), RULES) == (waiting, Act.NOTHING)


def test_a_service_starts_once_its_needs_are_met():
    after, act = decide(ServiceState(), facts(alive=False), RULES)
    assert (after.phase, after.starts, act) == (Phase.STARTING, 1, Act.START)


def test_a_service_that_answers_is_healthy():
    after, act = decide(state(Phase.STARTING), facts(ready=True), RULES)
    assert (after.phase, act) == (Phase.HEALTHY, Act.NOTHING)


def test_a_service_that_does_not_answer_in_time_is_ended_and_tried_again():
    after, act = decide(state(Phase.STARTING), facts(now=161.0), RULES)
    assert (after.phase, act) == (Phase.BACKOFF, Act.END)
    assert after.message == "not ready within 60 s"


def test_a_service_that_died_says_with_what():
    after, act = decide(state(Phase.HEALTHY), facts(alive=False, exit_code=-9), RULES)
    assert (after.phase, after.message, act) == (Phase.BACKOFF, "ended with -9", Act.END)


@pytest.mark.parametrize(("starts", "delay"), list(enumerate(BACKOFF_SECONDS, start=1)))
def test_each_try_waits_longer_than_the_one_before(starts, delay):
    resting = state(Phase.BACKOFF, starts=starts)
    assert decide(resting, facts(now=100.0 + delay - 0.1), RULES)[1] is Act.NOTHING
    assert decide(resting, facts(now=100.0 + delay), RULES)[1] is Act.START


def test_a_service_that_keeps_dying_is_given_up():
    dying = state(Phase.STARTING, starts=len(BACKOFF_SECONDS) + 1)
    after, act = decide(dying, facts(alive=False, exit_code=1), RULES)
    assert (after.phase, act) == (Phase.FAILED, Act.END)
    assert decide(after, facts(now=9999.0), RULES) == (after, Act.NOTHING)


def test_an_optional_service_is_never_given_up():
    dying = state(Phase.STARTING, starts=99)
    after, _ = decide(dying, facts(alive=False), Rules(60.0, optional=True))
    assert after.phase is Phase.BACKOFF


def test_a_service_that_stayed_up_has_all_its_tries_again():
    after, _ = decide(state(Phase.HEALTHY, starts=4), facts(now=101.0 + STABLE_SECONDS), RULES)
    assert (after.phase, after.starts) == (Phase.HEALTHY, 0)


def test_what_runs_once_is_done_when_it_ended_well():
    after, _ = decide(state(Phase.STARTING), facts(alive=False, exit_code=0), ONCE)
    assert (after.phase, after.settled) == (Phase.DONE, True)


def test_what_runs_once_is_tried_again_when_it_ended_badly():
    after, _ = decide(state(Phase.STARTING), facts(alive=False, exit_code=1), ONCE)
    assert after.phase is Phase.BACKOFF


def test_what_runs_once_runs_again_after_what_it_needs_came_back():
    done = state(Phase.DONE, starts=0)
    waiting, _ = decide(done, facts(alive=False, needs_met=False), ONCE)
    assert waiting.phase is Phase.WAITING
    assert decide(waiting, facts(alive=False), ONCE)[1] is Act.START
