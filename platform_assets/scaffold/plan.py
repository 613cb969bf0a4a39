"""The model that a sample asks for: task, features, split, what it is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from platform_assets.scaffold.columns import Facts, facts
from platform_assets.scaffold.features import why_left_out
from platform_assets.scaffold.named import find, unusable
from platform_assets.scaffold.nulls import has_spaces, null_texts, with_nulls
from platform_assets.scaffold.sample import Column, Sample
from platform_assets.scaffold.sound import (
    check_features,
    check_id,
    check_roles,
    check_target,
    check_time,
)
from platform_assets.scaffold.target import Target, judge_target
from platform_assets.spec import Task

# Fewer rows do not carry more than a line: trees would learn them by heart.
_ROWS_FOR_TREES = 1000
_ROWS_FOR_ROBUST_TREES = 200
_SLICED = 3
_MOST_GROUPS = 10


@dataclass(frozen=True)
class Request:
    """What was asked for, in the words of the command line."""

    name: str
    file: Path
    target: str
    time: str | None = None
    id: str | None = None
    task: Task | None = None


@dataclass(frozen=True)
class Plan:
    """A model's folder before it is written.

    `columns` are those of the contract; `left_out` says for all that are no features why not.
    """

    name: str
    sample: Sample
    nulls: tuple[str, ...]
    trim: bool
    columns: Mapping[str, Facts]
    target: Target
    time: str | None
    id: str | None
    features: tuple[str, ...]
    left_out: Mapping[str, str]

    @property
    def family(self) -> Literal["trees", "linear"]:
        least = _ROWS_FOR_ROBUST_TREES if self.target.has_far_values else _ROWS_FOR_TREES
        return "linear" if self.target.rows < least else "trees"

    @property
    def dates(self) -> tuple[str, ...]:
        """The features that are dates."""
        return tuple(name for name in self.features if self.columns[name].kind == "time")

    @cached_property
    def slices(self) -> tuple[str, ...]:
        """A few features of few values."""
        fit = [
            name
            for name in self.features
            if self.columns[name].kind not in ("number", "time")
            and 2 <= self.columns[name].distinct <= _MOST_GROUPS
        ]
        words = [name for name in fit if self.columns[name].kind in ("text", "boolean")]
        return tuple([*words, *(name for name in fit if name not in words)][:_SLICED])


def decide(request: Request, sample: Sample) -> Plan:
    """Choose, or say why there is nothing to choose.

    Raises
    ------
    NotScaffolded
        In one sentence: what is in the way, and what to do about it.
    """
    named = _named(request, sample)
    dropped = unusable(sample, named.values())
    kept = {name: cells for name, cells in sample.columns.items() if name not in dropped}
    nulls = null_texts([*kept.values()])
    cells = with_nulls(kept, nulls)
    columns = {name: _facts(sample, name, column) for name, column in cells.items()}
    target = judge_target(sample.file, columns[named["target"]], request.task)
    time, row_id = named.get("time"), named.get("id")
    check_target(sample.file, target)
    check_time(sample.file, columns.get(time or ""))
    check_id(sample.file, columns.get(row_id or ""))
    features, left_out = _divided(columns, cells, named)
    left_out |= dropped
    check_features(sample.file, features, left_out, time)
    trim = sample.reading.format == "csv" and has_spaces(kept.values())
    return Plan(
        request.name, sample, nulls, trim, columns, target, time, row_id, features, left_out
    )


def _named(request: Request, sample: Sample) -> dict[str, str]:
    """The columns of the command line, as the file calls them."""
    asked = {"target": request.target, "time": request.time, "id": request.id}
    named = {key: find(sample, key, name) for key, name in asked.items() if name is not None}
    check_roles(sample.file, named)
    return named


def _divided(
    columns: Mapping[str, Facts], cells: Mapping[str, Column], named: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The features, and what is none with the reason."""
    reasons = {
        name: why_left_out(one, cells, named["target"])
        for name, one in columns.items()
        if name not in named.values()
    }
    features = tuple(name for name, reason in reasons.items() if reason is None)
    return features, {name: reason for name, reason in reasons.items() if reason is not None}


def _facts(sample: Sample, name: str, column: Column) -> Facts:
    return facts(
        name,
        column,
        whole=sample.whole,
        fractional=name in sample.fractional,
        delimiter=sample.reading.delimiter,
    )
