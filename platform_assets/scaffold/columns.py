"""What a sample says about one column: its kind, its range, its words."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import polars as pl

from platform_assets.data.notations import Notation, plain
from platform_assets.scaffold.dates import date_format
from platform_assets.scaffold.sample import Column

Kind = Literal["empty", "boolean", "integer", "number", "time", "text"]

# So many of the values make a column's kind; the others are strays, for the quarantine.
NEARLY_ALL = 0.98
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,14})")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_LEADING_ZERO = re.compile(r"0\d+")
_NOTATIONS: tuple[Notation, ...] = ("percent", "money")
# Spaces between thousands make money of telephone numbers, unless a currency stands there.
_SPACED = re.compile(r"[^$€£¥₹A-Z]*\d\s\d[^$€£¥₹A-Z]*")
_GROUPED = re.compile(r"\D*\d{1,3}(\.\d{3})+\D*")
_MOST_LISTED = 20
_SEEN_OFTEN = 3


@dataclass(frozen=True)
class Facts:
    """One column of a sample.

    `counts` are the rows of each value, `missing` those of none. `strays` are values that are not
    of the kind. `low` and `high` bound the numbers. `format` is a strptime format, empty for
    ISO 8601. `decimal_comma` numbers are written 1,5; `notation` says which are written $1,000.50
    or 12 %.
    """

    name: str
    kind: Kind
    counts: Mapping[str, int]
    missing: int = 0
    strays: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    format: str = ""
    decimal_comma: bool = False
    notation: Notation | None = None
    whole: bool = field(default=True, compare=False)

    @cached_property
    def present(self) -> int:
        """Rows that hold a value."""
        return sum(self.counts.values())

    @property
    def distinct(self) -> int:
        return len(self.counts)

    @property
    def is_number(self) -> bool:
        return self.kind in ("integer", "number")

    @property
    def listed(self) -> tuple[str, ...]:
        """The values if they seem to be all there ever are: few, each often, in the whole file."""
        few = 2 <= self.distinct <= _MOST_LISTED and min(self.counts.values()) >= _SEEN_OFTEN
        return tuple(sorted(self.counts)) if few and self.whole else ()

    def number(self, value: str) -> float:
        """A value of a column of numbers."""
        if self.notation is not None:
            return _values([value], self.notation, comma=self.decimal_comma)[value]
        return number(value, decimal_comma=self.decimal_comma)


def facts(
    name: str, column: Column, *, whole: bool, fractional: bool = False, delimiter: str = ","
) -> Facts:
    """Judge a column without spaces and nulls; `delimiter` tells 1,234 apart from 1,5."""
    counts = Counter(value for value in column if value is not None)
    found = Facts(name, "text", counts, len(column) - sum(counts.values()), whole=whole)
    if not counts:
        return replace(found, kind="empty")
    if {value.lower() for value in counts} <= {"true", "false"}:
        return replace(found, kind="boolean")
    as_number = _number(found, delimiter, fractional)
    return as_number or _time(found, column) or _written(found) or found


def number(text: str, *, decimal_comma: bool = False) -> float:
    """The value of a number as a column writes it."""
    return float(text.replace(".", "").replace(",", ".") if decimal_comma else text)


def _number(found: Facts, delimiter: str, fractional: bool) -> Facts | None:
    if any(map(_LEADING_ZERO.fullmatch, found.counts)):
        return None
    for shape, comma in ((_NUMBER, False), (_DECIMAL_COMMA, True)):
        fitting = [value for value in found.counts if shape.fullmatch(value)]
        if sum(found.counts[value] for value in fitting) < NEARLY_ALL * found.present:
            continue
        with_comma = [value for value in fitting if "," in value]
        if with_comma and delimiter == "," and all(map(_THOUSANDS.fullmatch, with_comma)):
            return None
        whole = not fractional and not comma and all(map(_INTEGER.fullmatch, fitting))
        values = [number(value, decimal_comma=comma) for value in fitting]
        return replace(
            found,
            kind="integer" if whole else "number",
            strays=tuple(sorted(set(found.counts) - set(fitting))),
            low=min(values),
            high=max(values),
            decimal_comma=comma,
        )
    return None


def _time(found: Facts, column: Column) -> Facts | None:
    known = date_format([value for value in column if value is not None], NEARLY_ALL)
    return None if known is None else replace(found, kind="time", format=known)


def _written(found: Facts) -> Facts | None:
    """Money or percent: each value a number, and not one of them with a zero in front."""
    if any(_LEADING_ZERO.fullmatch(one) or _SPACED.fullmatch(one) for one in found.counts):
        return None
    for notation in _NOTATIONS:
        for comma in _commas(found):
            values = _values(found.counts, notation, comma=comma)
            if sum(found.counts[value] for value in values) >= NEARLY_ALL * found.present:
                return replace(
                    found,
                    kind="number",
                    strays=tuple(sorted(set(found.counts) - set(values))),
                    low=min(values.values()),
                    high=max(values.values()),
                    decimal_comma=comma,
                    notation=notation,
                )
    return None


def _commas(found: Facts) -> tuple[bool, bool]:
    """Which is tried first: a dot before three digits everywhere stands between thousands."""
    dotted = [value for value in found.counts if "." in value]
    thousands = bool(dotted) and all(map(_GROUPED.fullmatch, dotted))
    return (True, False) if thousands else (False, True)


def _values(texts: Iterable[str], notation: Notation, *, comma: bool) -> dict[str, float]:
    """What the texts that are so written say."""
    given = pl.Series([*texts], dtype=pl.String)
    numbers = plain(given, notation, comma=comma).cast(pl.Float64, strict=False)
    found = zip(given, numbers, strict=True)
    return {text: value for text, value in found if value is not None}
