"""Whether the model holds up in every group of rows: the check `slices_hold`."""

from collections.abc import Sequence

from platform_assets.ml.gates import GateResult, Outcome
from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import Metric
from platform_assets.ml.slices import Slice
from platform_assets.spec import SLICES_HOLD, Slices


def slices_hold(metric: Metric, whole: float, found: Sequence[Slice], spec: Slices) -> GateResult:
    """Fail if the model is bad in a group beyond chance; too few rows to tell fail nothing.

    Bad is: worse than the dummy; worse than `spec.floor`; worse than the whole holdout, whose
    metric is `whole`, by more than `spec.max_gap`. The intervals hold for all groups at once, so
    that looking at many fails a good model no more often.
    """
    judged = [one for one in found if one.lead.known and one.gap.known]
    if not judged:
        message = f"no group of {spec.minimum_rows:,} rows or more has a figure, so none is judged"
        return _result(metric, "pass", None, 0.0, message)
    bad = [(one, why) for one in judged for why in _bad(metric, whole, one, spec)]
    decisive, threshold = _decisive(judged, spec)
    if bad:
        listed = "; ".join(f"where {one.words} {why}" for one, why in bad[:3])
        more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""
        return _result(metric, "fail", decisive, threshold, f"the model is bad {listed}{more}")
    message = f"{len(judged)} groups judged, none is bad beyond chance"
    unsure = [one for one in judged if _unsure(metric, whole, one, spec)]
    if unsure:
        message += (
            f"; in {len(unsure)} the rows are too few to be sure, least where {unsure[0].words}"
        )
    return _result(metric, "pass", decisive, threshold, message)


def _bad(metric: Metric, whole: float, one: Slice, spec: Slices) -> list[str]:
    """What is wrong with a group, beyond chance."""
    said = []
    if one.lead.high < 0:
        said.append(f"(worse than the dummy by {_turned(one.lead)})")
    if spec.floor is not None and one.gap.low > metric.improvement(whole, spec.floor):
        said.append(f"({metric.name} {one.figure}, beyond the floor of {spec.floor:g})")
    if spec.max_gap is not None and one.gap.low > spec.max_gap:
        said.append(f"(worse than the whole by {one.gap}, {spec.max_gap:g} is allowed)")
    return said


def _unsure(metric: Metric, whole: float, one: Slice, spec: Slices) -> bool:
    floor = spec.floor is not None and one.gap.high > metric.improvement(whole, spec.floor)
    gap = spec.max_gap is not None and one.gap.high > spec.max_gap
    return one.lead.low < 0 or floor or gap


def _decisive(judged: Sequence[Slice], spec: Slices) -> tuple[Interval, float]:
    """The figure nearest to what is not allowed: a gap if one is bounded, else a lead."""
    if spec.max_gap is not None:
        return max((one.gap for one in judged), key=lambda gap: gap.low), spec.max_gap
    return min((one.lead for one in judged), key=lambda lead: lead.high), 0.0


def _turned(lead: Interval) -> Interval:
    return Interval(-lead.value, -lead.high, -lead.low)


def _result(
    metric: Metric, outcome: Outcome, found: Interval | None, threshold: float, message: str
) -> GateResult:
    return GateResult(
        name=SLICES_HOLD,
        outcome=outcome,
        metric=metric.name,
        observed=found.value if found else None,
        threshold=threshold,
        low=found.low if found else None,
        high=found.high if found else None,
        message=message,
    )
