"""Rows of a csv whose delimiter and header nobody has told."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from platform_assets.errors import NotScaffolded

MOST_ROWS = 100_000
MOST_CELLS = 4_000_000
# A comma comes late: it also stands inside numbers, and a space also inside text.
_DELIMITERS = ("\t", ";", "|", ",", " ")
_LOOKED_AT = 200
_PEEK = 1 << 20
_NEARLY_ALL, _MOST = 0.95, 0.8
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Table:
    """Columns of text by name; `named` if the names are ours, since no header line has them.

    `ragged` rows had more or fewer values than there are columns and are left out.
    """

    delimiter: str
    columns: dict[str, list[str]]
    named: bool
    ragged: int
    whole: bool


def parse(file: object, text: str, target: str, *, whole: bool) -> Table:
    """Find delimiter and header and read the rows.

    A line that holds `target` is a header; otherwise one without numbers is, unless its values
    come again below it.

    Raises
    ------
    NotScaffolded
        If no delimiter divides the lines, or the header names a column twice.
    """
    delimiter = _delimiter(file, text[:_PEEK])
    first = next(row for row in _rows(text, delimiter) if row)
    limit = min(MOST_ROWS, max(MOST_CELLS // len(first), 1))
    rows = _read(file, text, delimiter, limit + 2)
    whole = whole and len(rows) <= limit + 1
    rows = rows if whole else rows[:-1]
    named = _is_data(first, rows[1:], target)
    names = [f"column_{place}" for place in range(1, len(first) + 1)] if named else first
    _refuse_repeated(file, names)
    body = rows if named else rows[1:]
    fitting = [row for row in body if len(row) == len(first)]
    _refuse_ragged(file, len(first), body, fitting)
    _refuse_aligned(file, delimiter, fitting)
    columns = (
        dict(zip(names, map(list, zip(*fitting, strict=True)), strict=True))
        if fitting
        else {name: [] for name in names}
    )
    return Table(delimiter, columns, named, len(body) - len(fitting), whole)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _read(file: object, text: str, delimiter: str, count: int) -> list[list[str]]:
    try:
        return list(islice((row for row in _rows(text, delimiter) if row), count))
    except csv.Error as error:
        advice = "look at its quotes and save it again"
        raise NotScaffolded(file, f"cannot be read as csv ({error})", advice) from error


def _delimiter(file: object, text: str) -> str:
    """The first that divides nearly all lines alike, else the one that divides most."""
    looked_at = {one: _read(file, text, one, _LOOKED_AT) for one in _DELIMITERS}
    if all(len(row) == 1 for rows in looked_at.values() for row in rows):
        problem = "has one column only"
        raise NotScaffolded(file, problem, "a model needs a target and something to learn from")
    shares = {one: _evenness(rows) for one, rows in looked_at.items()}
    for delimiter, share in shares.items():
        if share >= _NEARLY_ALL:
            return delimiter
    best = max(shares, key=lambda one: shares[one])
    if shares[best] >= _MOST and best != " ":
        return best
    raise NotScaffolded(
        file,
        "none of comma, semicolon, tab, | and space divides its lines into equally many values",
        "save it with one delimiter and one header line",
    )


def _evenness(rows: Sequence[Sequence[str]]) -> float:
    """The share of rows that have as many values as most, 0 where they or the first have one."""
    widths = Counter(map(len, rows[1:] or rows))
    if not rows or len(rows[0]) < 2 or widths.most_common(1)[0][0] < 2:
        return 0.0
    return widths.most_common(1)[0][1] / widths.total()


def _is_data(first: Sequence[str], rows: Sequence[Sequence[str]], target: str) -> bool:
    """Is the first line a row like the others?"""
    cells = [cell.strip() for cell in first]
    if target in first or target.strip() in cells:
        return False
    if any(_NUMBER.fullmatch(cell) for cell in cells):
        return True
    fitting = [row for row in rows if len(row) == len(cells)]
    seen = [{row[place].strip() for row in fitting} for place in range(len(cells))]
    recurring = sum(cell in below for cell, below in zip(cells, seen, strict=True))
    return recurring > len(cells) / 2


def _refuse_repeated(file: object, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        said = ", ".join(map(repr, twice))
        raise NotScaffolded(file, f"its header names {said} more than once", "rename one of them")


def _refuse_ragged(
    file: object, width: int, body: Sequence[Sequence[str]], fitting: Sequence[object]
) -> None:
    if body and len(fitting) < _MOST * len(body):
        common = Counter(map(len, body)).most_common(1)[0][0]
        problem = f"its first line holds {width} values, but most others {common}"
        raise NotScaffolded(file, problem, "give each column one name in the header")


def _refuse_aligned(file: object, delimiter: str, rows: Sequence[Sequence[str]]) -> None:
    """Columns that stand below each other leave empty values between single spaces."""
    if delimiter == " " and any(not any(column) for column in zip(*rows, strict=True)):
        problem = "sets its columns apart by several spaces"
        raise NotScaffolded(file, problem, "save it with one comma or tab between two values")
