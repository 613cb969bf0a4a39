"""Whether a candidate may be released: each gate of `defs.yaml` against what was measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from platform_assets.ml.figures import Figures
from platform_assets.ml.intervals import FEW, Interval, rows_to_tell
from platform_assets.ml.metrics import metric
from platform_assets.spec import Beat, Floor, gate_name

CHAMPION = "champion"
Outcome = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True)
class GateResult:
    """One gate, judged.

    `observed`, `low` and `high` are the figure that was compared with `threshold`, in the
    metric's unit: the metric itself, or the improvement over a reference (positive is better).
    They are None where there was nothing to compare. `rows_needed` is how many rows the holdout
    of an inconclusive gate would have to have; None where no number of rows is likely to tell.
    """

    name: str
    outcome: Outcome
    metric: str
    observed: float | None
    threshold: float
    low: float | None
    high: float | None
    message: str
    rows_needed: int | None = None

    @property
    def passed(self) -> bool:
        return self.outcome == "pass"


def judge(gates: Sequence[Floor | Beat], figures: Figures) -> list[GateResult]:
    """Judge every gate, in order.

    The interval decides. A gate passes if all of it is as good as asked for, fails if none of it
    is, and is inconclusive if the threshold lies within: the rows at hand do not tell. On fewer
    than `FEW` rows (of classes: besides the most common one) no gate passes.

    A floor looks at the metric itself, a contest at the improvement over its reference: with `by`
    above zero it must be at least that much better, with zero better at all, with a negative `by`
    not worse by more than the tolerated loss.

    Without a champion beside the candidate there is nothing to beat, and its gate passes; any other
    figure that is missing or undefined fails its gate.
    """
    return [
        _reaches(gate, figures) if isinstance(gate, Floor) else _beats(gate, figures)
        for gate in gates
    ]


def overall(gates: Sequence[GateResult]) -> Outcome:
    """What all gates say together: the worst of them; `fail` if there are none."""
    found = {gate.outcome for gate in gates} or {"fail"}
    if "fail" in found:
        return "fail"
    return "inconclusive" if "inconclusive" in found else "pass"


def _reaches(gate: Floor, figures: Figures) -> GateResult:
    found = figures.candidate.get(gate.metric)
    if found is None or not found.known:
        return _undefined(gate, gate.reach, found)
    greater = metric(figures.task, gate.metric).greater_is_better
    wanted = f"{'at least' if greater else 'at most'} {_number(gate.reach)}"
    message = f"{gate.metric} is {found}, {wanted} is asked for"
    if greater:
        outcome = _outcome(found.low >= gate.reach, found.high < gate.reach)
    else:
        outcome = _outcome(found.high <= gate.reach, found.low > gate.reach)
    return _result(gate, outcome, gate.reach, found, message, figures)


def _beats(gate: Beat, figures: Figures) -> GateResult:
    if gate.beat == CHAMPION and CHAMPION not in figures.improvements:
        return GateResult(
            gate_name(gate),
            "pass",
            gate.metric,
            None,
            gate.by,
            None,
            None,
            "no other champion to beat",
        )
    found = figures.improvements.get(gate.beat, {}).get(gate.metric)
    if found is None or not found.known:
        return _undefined(gate, gate.by, found)
    message = f"{gate.metric} improves on {gate.beat} by {found}, {_asked(gate)} asked for"
    if gate.by:
        outcome = _outcome(found.low >= gate.by, found.high < gate.by)
    else:
        outcome = _outcome(found.low > 0, found.high <= 0)
    return _result(gate, outcome, gate.by, found, message, figures)


def _outcome(all_good: bool, none_good: bool) -> Outcome:
    if all_good:
        return "pass"
    return "fail" if none_good else "inconclusive"


def _asked(gate: Beat) -> str:
    if gate.by < 0:
        return f"a loss of at most {_number(-gate.by)} is"
    return f"at least {_number(gate.by)} is" if gate.by else "more than chance is"


def _undefined(gate: Floor | Beat, threshold: float, found: Interval | None) -> GateResult:
    what = "was not measured" if found is None else "is undefined on these rows"
    other = f" beside {gate.beat}" if isinstance(gate, Beat) else ""
    message = f"{gate.metric}{other} {what}, and what is not known does not pass"
    return GateResult(gate_name(gate), "fail", gate.metric, None, threshold, None, None, message)


def _result(
    gate: Floor | Beat,
    outcome: Outcome,
    threshold: float,
    found: Interval,
    message: str,
    figures: Figures,
) -> GateResult:
    needed, more = None, ""
    if outcome == "pass" and figures.telling < FEW:
        outcome, (needed, more) = "inconclusive", _too_few(figures)
    elif outcome == "inconclusive":
        needed = rows_to_tell(found, threshold, figures.rows)
        more = _more(figures.rows, needed)
    return GateResult(
        name=gate_name(gate),
        outcome=outcome,
        metric=gate.metric,
        observed=found.value,
        threshold=threshold,
        low=found.low,
        high=found.high,
        message=message + more,
        rows_needed=needed,
    )


def _too_few(figures: Figures) -> tuple[int, str]:
    """How many rows would do, if classes keep their shares, and a sentence."""
    which = (
        "held-out rows" if figures.task == "regression" else "held-out rows of the rarer classes"
    )
    return math.ceil(figures.rows * FEW / max(figures.telling, 1)), (
        f"; inconclusive: an interval from {figures.telling} {which} says too little, {FEW} are "
        "needed"
    )


def _more(rows: int, needed: int | None) -> str:
    if needed is None:
        return (
            f"; inconclusive: {rows:,} held-out rows do not tell, and the figure is too close to "
            "what is asked for that more rows would"
        )
    return (
        f"; inconclusive: more rows needed, about {needed:,} in the holdout (now {rows:,}) "
        "if the figure stays as it is"
    )


def _number(value: float) -> str:
    return f"{value:.4g}"
