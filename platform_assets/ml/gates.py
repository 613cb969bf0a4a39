"""Whether a candidate may be released: each gate of `defs.yaml` against what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from platform_assets.ml.figures import Figures
from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import metric
from platform_assets.spec import Beat, Floor, gate_name

CHAMPION = "champion"


@dataclass(frozen=True)
class GateResult:
    """One gate, judged.

    `observed`, `low` and `high` are the figure that was compared with `threshold`, in the
    metric's unit: the metric itself, or the improvement over a reference (positive is better).
    They are None where there was nothing to compare.
    """

    name: str
    passed: bool
    metric: str
    observed: float | None
    threshold: float
    low: float | None
    high: float | None
    message: str


def judge(gates: Sequence[Floor | Beat], figures: Figures) -> list[GateResult]:
    """Judge every gate, in order.

    A floor passes if the metric itself reaches the value, in the metric's better direction.

    A reference is beaten if the improvement is at least `by`, and its interval does not reach
    below `by` or zero, whichever is lower. So with `by` of zero or more the candidate is better
    beyond chance, and by that much on the rows at hand; with a negative `by` it is not worse by
    more than the tolerated loss, beyond chance.

    Without a champion there is nothing to beat, and its gate passes; any other figure that is
    missing or undefined fails its gate.
    """
    return [
        _reaches(gate, figures) if isinstance(gate, Floor) else _beats(gate, figures)
        for gate in gates
    ]


def _reaches(gate: Floor, figures: Figures) -> GateResult:
    found = figures.candidate.get(gate.metric)
    if found is None or not found.known:
        return _undefined(gate, gate.reach, found)
    greater = metric(figures.task, gate.metric).greater_is_better
    passed = found.value >= gate.reach if greater else found.value <= gate.reach
    wanted = f"{'at least' if greater else 'at most'} {_number(gate.reach)}"
    message = f"{gate.metric} is {found}, {wanted} is asked for"
    if found.low < gate.reach < found.high:
        message += "; on other rows it might fall on the other side"
    return _result(gate, passed, gate.reach, found, message)


def _beats(gate: Beat, figures: Figures) -> GateResult:
    if gate.beat == CHAMPION and CHAMPION not in figures.improvements:
        return GateResult(
            gate_name(gate), True, gate.metric, None, gate.by, None, None, "no champion yet"
        )
    found = figures.improvements.get(gate.beat, {}).get(gate.metric)
    if found is None or not found.known:
        return _undefined(gate, gate.by, found)
    enough, sure = found.value >= gate.by, found.low >= min(gate.by, 0.0)
    message = f"{gate.metric} improves on {gate.beat} by {found}, {_asked(gate)} asked for"
    if enough and not sure:
        message += "; that may be chance, and more rows would tell"
    return _result(gate, enough and sure, gate.by, found, message)


def _asked(gate: Beat) -> str:
    if gate.by < 0:
        return f"a loss of at most {_number(-gate.by)} is"
    return f"at least {_number(gate.by)} is" if gate.by else "more than chance is"


def _undefined(gate: Floor | Beat, threshold: float, found: Interval | None) -> GateResult:
    what = "was not measured" if found is None else "is undefined on these rows"
    other = f" beside {gate.beat}" if isinstance(gate, Beat) else ""
    message = f"{gate.metric}{other} {what}, and what is not known does not pass"
    return GateResult(gate_name(gate), False, gate.metric, None, threshold, None, None, message)


def _result(
    gate: Floor | Beat, passed: bool, threshold: float, found: Interval, message: str
) -> GateResult:
    return GateResult(
        gate_name(gate), passed, gate.metric, found.value, threshold, found.low, found.high, message
    )


def _number(value: float) -> str:
    return f"{value:.4g}"
