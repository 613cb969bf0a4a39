"""Which texts of a sample mean that nothing stands there."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from platform_assets.scaffold.sample import Column

# Written by pandas, R, databases, spreadsheets and the tables of UCI.
_ALWAYS = frozenset(
    {"NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NaT", "NULL", "Null", "null", "?"}
)
# Words of their own among other words, but nothing among numbers and dates.
_AMONG_NUMBERS = frozenset({"-", "--", ".", "..", "None", "none", "na", "missing", "unknown"})
_BEGINS_AS_NUMBER = re.compile(r"[+-]?[.,]?\d")


def has_spaces(columns: Iterable[Column]) -> bool:
    """Do values have spaces at either end?"""
    return any(
        value != value.strip() for column in columns for value in set(column) if value is not None
    )


def null_texts(columns: Collection[Column]) -> tuple[str, ...]:
    """The empty text, and each other that stands in the columns and means nothing.

    With the spaces that it was met with: a file's texts are compared as they stand.
    """
    meant: set[str] = {""}
    for column in columns:
        values = {value.strip() for value in set(column) if value is not None}
        meant |= values & _ALWAYS
        others = values - _ALWAYS - _AMONG_NUMBERS - {""}
        if others and all(_BEGINS_AS_NUMBER.match(value) for value in others):
            meant |= values & _AMONG_NUMBERS
    met = {value for column in columns for value in set(column) if value is not None}
    return ("", *sorted(value for value in met - {""} if value.strip() in meant))


def with_nulls(columns: Mapping[str, Column], nulls: Sequence[str]) -> dict[str, Column]:
    """The columns without spaces at the ends of values, None for each of `nulls`."""
    nothing = frozenset(null.strip() for null in nulls)
    return {name: [_value(cell, nothing) for cell in cells] for name, cells in columns.items()}


def _value(cell: str | None, nothing: frozenset[str]) -> str | None:
    text = cell.strip() if cell is not None else None
    return None if text is None or text in nothing else text
