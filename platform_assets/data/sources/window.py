"""Which rows the next pull reads, decided from what was pulled before.

A pull reads every row up to a cursor value `to`, from a little before the value that the last one
ended with: a row whose transaction was slower than others appears behind them. Its name says where
it ends, so what the raw table carries says what comes next, and nothing else has to be remembered.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import TypeGuard
from urllib.parse import quote, unquote

Cursor = int | float | Decimal | date | datetime | str
START = "start"
SUFFIX = ".parquet"
_DAY = 24 * 60 * 60
_READ: dict[str, Callable[[str], Cursor]] = {
    "int": int,
    "float": float,
    "Decimal": Decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "str": str,
}
_WRITTEN_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Batch:
    """The rows of one pull: those up to `to` that no earlier one has taken.

    `stream` says what is pulled from, `number` counts its pulls from 1, `after` is where the one
    before ended.
    """

    stream: str
    number: int
    after: Cursor | None
    to: Cursor

    @property
    def name(self) -> str:
        after = START if self.after is None else written(self.after)
        return f"{quote(self.stream)},{self.number:06d},{after},{written(self.to)}{SUFFIX}"


def batches(stream: str, names: Iterable[str]) -> list[Batch]:
    """Those of the deliveries that are pulls of `stream`, in order."""
    beginning = f"{quote(stream)},"
    found = [name.removesuffix(SUFFIX).split(",") for name in names if name.startswith(beginning)]
    return sorted(
        (
            Batch(stream, int(number), None if after == START else read(after), read(to))
            for _, number, after, to in found
        ),
        key=lambda batch: batch.number,
    )


def written(value: Cursor) -> str:
    """A cursor value as part of a name, with its type."""
    text = value.isoformat() if isinstance(value, date) else str(value)
    return f"{type(value).__name__}:{quote(text, safe=':+ ')}"


def read(text: str) -> Cursor:
    kind, _, value = text.partition(":")
    return _READ[kind](unquote(value))


def usable(value: object) -> TypeGuard[Cursor]:
    """Whether a value can say where a pull ends."""
    numbered = not isinstance(value, float | Decimal) or math.isfinite(value)
    return type(value).__name__ in _READ and numbered


def behind(value: Cursor, lag: float) -> Cursor:
    """The value that lies `lag` before: seconds before a time, units before a number.

    A text that is written like a time counts as one; before another text lies nothing.
    """
    if isinstance(value, datetime):
        return _earlier(value, lag)
    if isinstance(value, date):
        return value - min(timedelta(days=math.ceil(lag / _DAY)), value - date.min)
    if isinstance(value, str):
        return _text_behind(value, lag)
    if isinstance(value, int):
        return value - math.ceil(lag)
    if isinstance(value, Decimal):
        # Of more digits than arithmetic keeps, a number must not be rounded to lie behind itself.
        with localcontext(rounding=ROUND_FLOOR):
            return value - Decimal(lag)
    return value - lag


def _earlier(time: datetime, seconds: float) -> datetime:
    first = datetime.min.replace(tzinfo=time.tzinfo)
    return time - min(timedelta(seconds=seconds), time - first)


def _text_behind(value: str, lag: float) -> str:
    """Without fraction and offset, so that it lies before all texts of its second."""
    found = _WRITTEN_TIME.match(value)
    if found is None:
        return value
    try:
        time = datetime.fromisoformat(found.group())
    except ValueError:
        return value
    return _earlier(time, lag).isoformat(found.group(1), "seconds")


def reaches(end: Cursor, low: Cursor) -> bool:
    """Whether a pull that ended there may have taken rows whose cursor is `low` or more.

    Where that cannot be told, it may: not every database tells apart what Python does.
    """
    if _kind(end) != _kind(low):
        return True
    if isinstance(low, str):
        return str(end).casefold() >= low.casefold()
    return bool(end >= low)  # type: ignore[operator]  # both are of one kind


def _kind(value: Cursor) -> tuple[type, bool]:
    return type(value), isinstance(value, datetime) and value.tzinfo is not None
