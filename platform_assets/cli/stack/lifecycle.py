"""What the supervisor does next with one service: decided from facts alone."""

from dataclasses import dataclass, replace
from enum import StrEnum

from platform_assets.cli.stack.state import Phase, ServiceState

BACKOFF_SECONDS = (1.0, 2.0, 5.0, 10.0, 20.0)
STABLE_SECONDS = 120.0


class Act(StrEnum):
    """What is to be done with the service's process."""

    NOTHING = "nothing"
    START = "start"
    END = "end"


@dataclass(frozen=True)
class Facts:
    """What was just seen.

    `exit_code` is None while the process lives (or is not ours to know), `ready` whether it
    answers, `needs_met` whether all it comes after is up.
    """

    now: float
    alive: bool
    ready: bool
    needs_met: bool
    exit_code: int | None = None


@dataclass(frozen=True)
class Rules:
    """What holds for one service.

    `patience`: seconds to become ready; `one_shot`: it ends by itself; `optional`: the stack is up
    without it, so it is never given up.
    """

    patience: float
    one_shot: bool = False
    optional: bool = False


def decide(state: ServiceState, facts: Facts, rules: Rules) -> tuple[ServiceState, Act]:
    """The next state of a service and the act that leads there."""
    match state.phase:
        case Phase.WAITING:
            return _started(state, facts) if facts.needs_met else (state, Act.NOTHING)
        case Phase.STARTING:
            return _starting(state, facts, rules)
        case Phase.HEALTHY:
            return _healthy(state, facts, rules)
        case Phase.DONE if not facts.needs_met:
            return _phase(state, facts, Phase.WAITING), Act.NOTHING
        case Phase.BACKOFF if facts.now >= state.since + _delay(state) and facts.needs_met:
            return _started(state, facts)
        case _:
            return state, Act.NOTHING


def _started(state: ServiceState, facts: Facts) -> tuple[ServiceState, Act]:
    begun = _phase(state, facts, Phase.STARTING, state.message)
    return replace(begun, starts=state.starts + 1), Act.START


def _starting(state: ServiceState, facts: Facts, rules: Rules) -> tuple[ServiceState, Act]:
    if not facts.alive:
        if rules.one_shot and facts.exit_code == 0:
            return replace(_phase(state, facts, Phase.DONE), starts=0), Act.NOTHING
        return _died(state, facts, rules), Act.END
    if not rules.one_shot and facts.ready:
        return _phase(state, facts, Phase.HEALTHY), Act.NOTHING
    if facts.now - state.since > rules.patience:
        return _died(state, facts, rules, f"not ready within {rules.patience:g} s"), Act.END
    return state, Act.NOTHING


def _healthy(state: ServiceState, facts: Facts, rules: Rules) -> tuple[ServiceState, Act]:
    if not facts.alive:
        return _died(state, facts, rules), Act.END
    if state.starts and facts.now - state.since > STABLE_SECONDS:
        return replace(state, starts=0), Act.NOTHING
    return state, Act.NOTHING


def _died(state: ServiceState, facts: Facts, rules: Rules, why: str = "") -> ServiceState:
    ended = "" if facts.exit_code is None else f" with {facts.exit_code}"
    message = why or f"ended{ended}"
    gave_up = state.starts > len(BACKOFF_SECONDS) and not rules.optional
    return _phase(state, facts, Phase.FAILED if gave_up else Phase.BACKOFF, message)


def _delay(state: ServiceState) -> float:
    return BACKOFF_SECONDS[min(max(state.starts, 1), len(BACKOFF_SECONDS)) - 1]


def _phase(state: ServiceState, facts: Facts, phase: Phase, message: str = "") -> ServiceState:
    return replace(state, phase=phase, since=facts.now, message=message)
