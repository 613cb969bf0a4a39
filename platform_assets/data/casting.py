"""Text to the types of a contract, value by value: what does not fit becomes null."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import pandas as pd
import polars as pl

from platform_assets.data.notations import Notation, days, plain

EDITION = 3
"""Raised when a text comes to mean another value, so that all deliveries are judged anew."""

Convert = Callable[[pl.Series], pl.Series]
Kind = Literal["text", "float", "int", "bool", "time"]
TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "float": pl.Float64(),
    "int": pl.Int64(),
    "bool": pl.Boolean(),
    "time": pl.Datetime("us"),
}
TRUE = ("true", "1", "t", "yes", "y")
FALSE = ("false", "0", "f", "no", "n")
# From here on a float stands for several whole numbers.
EXACT = 2**53
_ISO = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S%.f")
# Every form begins with one, so most of what is no time need not be tried as each of them.
_YEAR = r"^\s*[+-]?\d"
_NOWHERE = pl.Series(dtype=pl.UInt32)
_WORDS = {
    written: value
    for words, value in ((TRUE, True), (FALSE, False))
    for word in words
    for written in (word, word.title(), word.upper())
}


def cast(
    text: pl.Series,
    kind: Kind,
    *,
    form: str | None = None,
    comma: bool = False,
    notation: Notation | None = None,
) -> pl.Series:
    """The values as `kind`, null where the text is none; spaces around a value do not count.

    Parameters
    ----------
    form
        How a time is written, as `strptime` has it; without it ISO 8601, with an offset in UTC.
    comma
        A comma stands before the decimals; dots between the thousands are left out.
    notation
        Of a float: money or percent, see `notations.plain`, or a time, as days since 1970-01-01.
    """
    if notation == "date":
        return days(cast(text, "time", form=form))
    if notation is not None:
        return _float(plain(text, notation, comma=comma))
    if kind == "text":
        return text
    if kind == "time":
        return _retried(text, lambda some: _time(some, form))
    if kind == "bool":
        return _retried(text, _bool)
    number = _with_point(text) if comma else text
    return _retried(number, _int if kind == "int" else _float)


def _retried(text: pl.Series, convert: Convert) -> pl.Series:
    """Convert all at once; the few that fail and have spaces around them once more without."""
    found = convert(text)
    failed = _failed(found, text)
    if not failed.len():
        return found
    given = text.gather(failed)
    bare = given.str.strip_chars()
    spaced = (bare != given).arg_true()
    if not spaced.len():
        return found
    return found.scatter(failed.gather(spaced), convert(bare.gather(spaced)))


def _failed(found: pl.Series, text: pl.Series) -> pl.Series:
    """The places of text that nothing was found for."""
    if found.null_count() == text.null_count():
        return _NOWHERE
    return (found.is_null() & text.is_not_null()).arg_true()


def _float(text: pl.Series) -> pl.Series:
    number = text.cast(pl.Float64, strict=False)
    finite = number.is_finite()
    return number if finite.all() else number.set(~finite, None)


def _int(text: pl.Series) -> pl.Series:
    """`7`, and `7.0` too: a column of whole numbers with gaps is often written so."""
    number = text.cast(pl.Int64, strict=False)
    failed = _failed(number, text)
    if not failed.len():
        return number
    point = _float(text.gather(failed))
    exact = (point == point.floor()) & (point.abs() < EXACT)
    whole = point.set(~exact, None).cast(pl.Int64, strict=False)
    return number.scatter(failed, whole)


def _bool(text: pl.Series) -> pl.Series:
    return text.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)


def _with_point(text: pl.Series) -> pl.Series:
    return text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)


def _time(text: pl.Series, form: str | None) -> pl.Series:
    """The usual forms by polars; whatever else ISO 8601 allows by pandas, which is slower.

    pandas takes `now` and `today` for the moment at which it reads them, and they are not asked.
    """
    if form:
        return _parsed(text, form)
    found = _parsed(text, _ISO[0])
    others: list[Convert] = [*(partial(_parsed, form=one) for one in _ISO[1:]), _iso]
    left = _failed(found, text)
    left = left.filter(text.gather(left).str.contains(_YEAR)) if left.len() else left
    for parse in others:
        if not left.len():
            break
        more = parse(text.gather(left))
        found = found.scatter(left, more)
        left = left.filter(more.is_null())
    return found


def _parsed(text: pl.Series, form: str) -> pl.Series:
    if any(mark in form for mark in ("%H", "%I", "%T", "%R", "%X", "%c", "%s")):
        # Its cache, for times that repeat, costs more than parsing them.
        parsed = text.str.to_datetime(form, strict=False, time_unit="us", cache=False)
        return parsed if parsed.dtype == TYPES["time"] else parsed.dt.replace_time_zone(None)
    return text.str.to_date(form, strict=False).cast(TYPES["time"])


def _iso(text: pl.Series) -> pl.Series:
    """A time, a date or a time with an offset, each with an offset when pandas sees it.

    pandas reads a time without one by the offset of the time before it.
    """
    bare = text.str.strip_chars()
    found = _by_pandas(bare + "Z")
    for written in (bare + "T00:00Z", bare):
        failed = _failed(found, text)
        if not failed.len():
            break
        found = found.scatter(failed, _by_pandas(written.gather(failed)))
    return found


def _by_pandas(text: pl.Series) -> pl.Series:
    parsed = pd.to_datetime(text.to_pandas(), errors="coerce", format="ISO8601", utc=True)
    return pl.Series(text.name, parsed.dt.tz_localize(None).to_numpy()).cast(TYPES["time"])
