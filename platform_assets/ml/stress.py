"""What happens if a feature goes missing or comes in another unit: how far the scores move."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from platform_assets.ml.sampling import some_rows
from serving.errors import InvalidInput
from serving.scorer import Scorer
from serving.signature import Column, Signature

Array = npt.NDArray[Any]

MOST_ROWS = 2_000
_UNITS = {"ten times too large": 10.0, "1000 times too large": 1e3, "1000 times too small": 1e-3}


@dataclass(frozen=True)
class Stress:
    """One feature changed in all rows.

    `moved` is the mean change of the score: in the target's unit for a regression, else in
    probability (for several classes, the probability that goes to another class). `flipped` is the
    share of decisions that change; None for a regression. Both are None if the model refused.
    """

    feature: str
    change: str
    moved: float | None
    flipped: float | None


def stress(
    signature: Signature,
    y: Array,
    columns: Mapping[str, Array],
    scorer: Scorer,
    *,
    seed: int = 0,
) -> list[Stress]:
    """Every feature missing, where it may be, and every number in other units; the worst first.

    `columns` are n rows as `Scorer.score` takes them; at most `MOST_ROWS` of them are asked.
    """
    classes = signature.task != "regression"
    chosen = some_rows(y, MOST_ROWS, classes=classes, seed=seed)
    rows = {name: values[chosen] for name, values in columns.items()}
    before = scorer.score(rows)
    found = [
        _stressed(signature, scorer, rows, before, column.name, change, values)
        for column in signature.columns
        for change, values in _changes(column, rows[column.name])
    ]
    return sorted(found, key=lambda one: (-_size(one.flipped), -_size(one.moved)))


def stress_sentence(found: Sequence[Stress]) -> str:
    """The worst of them in words."""
    worst = next((one for one in found if one.moved), None)
    if worst is None:
        return "No such change moves a score."
    moved = f"{worst.feature} {worst.change} moves scores by {worst.moved:.3g} on average"
    flips = f" and flips {worst.flipped:.1%} of the decisions" if worst.flipped is not None else ""
    return f"Worst: {moved}{flips}. The endpoint takes such rows without a word."


def _changes(column: Column, values: Array) -> Iterator[tuple[str, Array]]:
    if column.nullable:
        yield "missing", np.full_like(values, None if column.type == "string" else np.nan)
    if column.type in ("float", "integer"):
        for change, factor in _UNITS.items():
            yield change, values * factor


def _stressed(
    signature: Signature,
    scorer: Scorer,
    rows: Mapping[str, Array],
    before: Array,
    name: str,
    change: str,
    values: Array,
) -> Stress:
    try:
        after = scorer.score({**rows, name: values})
    except InvalidInput:
        return Stress(name, change, None, None)
    moved = np.abs(after - before).reshape(len(before), -1).sum(axis=1)
    if signature.task == "multiclass":
        moved /= 2
    flipped = None
    if signature.task != "regression":
        old, new = (np.array(signature.labels(one)) for one in (before, after))
        flipped = float((old != new).mean())
    return Stress(name, change, float(moved.mean()), flipped)


def _size(value: float | None) -> float:
    return -1.0 if value is None else value
