"""What is to be predicted: the task, and the figures it is judged by."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from platform_assets.errors import NotScaffolded
from platform_assets.scaffold.columns import Facts
from platform_assets.spec import Task

_MOST_CODES = 10
_RARE = 0.1
_COMMON = 0.6
_FAR = 1.5


@dataclass(frozen=True)
class Target:
    """The target of a model; `why` says in a few words how its task was told.

    `classes` are the rows of each class in the order of their encoding, none for a regression.
    """

    facts: Facts
    task: Task
    why: str
    classes: Mapping[str, int]

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def rows(self) -> int:
        """Rows with a target that can be used."""
        return self.facts.present - sum(self.facts.counts[value] for value in self.facts.strays)

    @cached_property
    def spread(self) -> float:
        """The standard deviation of a regression's target, 0 for others."""
        if self.task != "regression":
            return 0.0
        return float(self._numbers.std())

    @cached_property
    def has_far_values(self) -> bool:
        """Do a few values lie so far out that squared errors would be about them alone?"""
        if self.task != "regression":
            return False
        low, high = np.quantile(self._numbers, [0.1, 0.9])
        return self.spread > _FAR * max(float(high - low), np.finfo(float).tiny)

    @cached_property
    def _numbers(self) -> npt.NDArray[np.float64]:
        known = {v: rows for v, rows in self.facts.counts.items() if v not in self.facts.strays}
        numbers = [self.facts.number(value) for value in known]
        return np.repeat(np.array(numbers, dtype=np.float64), list(known.values()))

    @property
    def metric(self) -> str:
        """What the search is after: fair where one class is rare."""
        if self.task == "regression":
            return "mae"
        shares = [rows / self.rows for rows in self.classes.values()]
        if self.task == "binary":
            return "average_precision" if shares[-1] < _RARE else "roc_auc"
        return "balanced_accuracy" if max(shares) > _COMMON else "accuracy"

    @property
    def tolerance(self) -> float:
        """How much worse than the champion a candidate may be, in the metric's unit."""
        return one_digit(self.spread * 0.02) if self.task == "regression" else 0.02


def judge_target(file: str, found: Facts, wanted: Task | None) -> Target:
    """The task that fits the target, or `wanted` if it does.

    Raises
    ------
    NotScaffolded
        If the target does not fit the task, or any.
    """
    classes = _classes(found)
    task, why = (wanted, "asked for") if wanted else _told(found, classes)
    _refuse_unfit(file, found, task, classes)
    return Target(found, task, why, {} if task == "regression" else classes)


def one_digit(value: float) -> float:
    """The value to one digit, e.g. 0.004 for 0.00382."""
    return float(f"{value:.0e}")


def _classes(found: Facts) -> dict[str, int]:
    """Rows of each class in order: numbers by size, words by alphabet."""
    known = {value: rows for value, rows in found.counts.items() if value not in found.strays}
    if not found.is_number:
        return dict(sorted(known.items()))
    rows_of: Counter[float] = Counter()
    for value, rows in known.items():
        rows_of[found.number(value)] += rows
    return {_plain(value): rows_of[value] for value in sorted(rows_of)}


def _plain(value: float) -> str:
    return str(int(value)) if value.is_integer() else str(value)


def _told(found: Facts, classes: Mapping[str, int]) -> tuple[Task, str]:
    if len(classes) == 2:
        return "binary", f"two values: {' and '.join(classes)}"
    codes = [*map(str, range(len(classes)))], [*map(str, range(1, len(classes) + 1))]
    if found.is_number and len(classes) <= _MOST_CODES and list(classes) in codes:
        return "multiclass", f"the codes {', '.join(classes)}; for an amount: regression"
    if found.is_number:
        return "regression", f"numbers from {found.low:g} to {found.high:g}"
    return "multiclass", f"{len(classes)} different texts"


def _same(found: Facts) -> str:
    if not found.counts:
        return f"--target {found.name!r} is empty in all {found.missing:,} rows"
    value = next(iter(found.counts))
    return f"--target {found.name!r} is {value!r} in every row that has one"


def _refuse_unfit(file: str, found: Facts, task: Task, classes: Mapping[str, int]) -> None:
    target = f"--target {found.name!r}"
    if found.kind == "time":
        raise NotScaffolded(file, f"{target} is a date", "name a column of classes or numbers")
    if len(classes) < 2:
        raise NotScaffolded(file, _same(found), "there is nothing to learn; name another column")
    example = next(iter(found.counts))
    if task == "regression" and not found.is_number:
        problem = f"{target} holds {example!r}, and a regression needs numbers"
        raise NotScaffolded(file, problem, "leave --task out, or name another column")
    if task == "binary" and len(classes) != 2:
        problem = f"{target} has {len(classes)} values, and a binary task two"
        raise NotScaffolded(file, problem, "leave --task out, or name another column")
    if task == "multiclass" and len(classes) < 3:
        problem = f"{target} has {len(classes)} values, and a multiclass task more"
        raise NotScaffolded(file, problem, "leave --task out: it is binary")
