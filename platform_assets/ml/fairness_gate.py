"""Whether the groups are treated alike: the check `groups_treated_alike`."""

from collections.abc import Sequence

from platform_assets.ml.fairness import BOUNDED, Difference, Treatment
from platform_assets.ml.gates import GateResult, Outcome
from platform_assets.ml.intervals import Interval
from platform_assets.spec import GROUPS_TREATED_ALIKE, Fairness


def groups_treated_alike(task: str, found: Sequence[Treatment], spec: Fairness) -> GateResult:
    """Fail if two groups differ by more than `spec.max_difference` beyond chance.

    What is bounded are the rates in `BOUNDED`: for a binary task the true and the false positive
    rate (equalized odds), for several classes the accuracy, for a regression the mean error. A
    column without two groups to compare, or a rate that is undefined, fails: it shows nothing.
    """
    limit = spec.max_difference or 0.0
    alone = [one.column for one in found if len(one.groups) < 2]
    if alone:
        wanted = f"two groups of {spec.minimum_rows:,} rows or more are needed"
        return _result("fail", BOUNDED[task][0], None, limit, f"{alone[0]}: {wanted}")
    bounded = [
        (one.column, apart)
        for one in found
        for apart in one.differences
        if apart.rate in BOUNDED[task]
    ]
    unknown = [(column, apart) for column, apart in bounded if not apart.value.known]
    if unknown:
        said = f"{_said(*unknown[0])} is undefined, and what is not known does not pass"
        return _result("fail", unknown[0][1].rate, None, limit, said)
    column, apart = max(bounded, key=lambda pair: (pair[1].value.low > limit, pair[1].value.value))
    failed = apart.value.low > limit
    message = f"{_said(column, apart)} by {apart.value}, {limit:g} is allowed"
    if not failed and apart.value.high > limit:
        message += "; the rows are too few to be sure that it stays within"
    return _result("fail" if failed else "pass", apart.rate, apart.value, limit, message)


def _said(column: str, apart: Difference) -> str:
    return f"{apart.rate} where {column} is {apart.high} above where it is {apart.low}"


def _result(
    outcome: Outcome, rate: str, found: Interval | None, limit: float, message: str
) -> GateResult:
    return GateResult(
        name=GROUPS_TREATED_ALIKE,
        outcome=outcome,
        metric=rate,
        observed=found.value if found else None,
        threshold=limit,
        low=found.low if found else None,
        high=found.high if found else None,
        message=message,
    )
