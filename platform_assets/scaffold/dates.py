"""The format in which a column writes dates."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import pandas as pd

ISO = ""
_ISO_SHAPE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
)
_MAYBE = re.compile(r"(?=.*\d)[\w .,:/+-]{6,40}")
_DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d %b %Y", "%d-%b-%Y", "%b %d %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%b %d %y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%y", "%Y-%m-%d",
)  # fmt: skip
_HOURS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_LOOKED_AT = 1000
_NO_TIME = pd.Timedelta(0)


def date_format(values: Sequence[str], share: float) -> str | None:
    """The strptime format that at least `share` of the values keep.

    `ISO` for ISO 8601; None if there is none. Where day and month could be either, the format is
    taken in which the values are closer to being in order.
    """
    looked_at = values[:_LOOKED_AT]
    enough = share * len(looked_at)
    if not looked_at or sum(map(_may_be_date, looked_at)) < enough:
        return None
    if sum(bool(_ISO_SHAPE.fullmatch(value)) for value in looked_at) >= enough:
        return ISO
    parsed = {one: _parsed(looked_at, one) for one in _formats(looked_at)}
    kept = {one: times for one, times in parsed.items() if times.notna().sum() >= enough}
    return max(kept, key=lambda one: (kept[one].notna().sum(), _order(kept[one])), default=None)


def _may_be_date(value: str) -> bool:
    return bool(_MAYBE.fullmatch(value)) and any(mark in value for mark in "-/. ,")


def _formats(values: Sequence[str]) -> Iterator[str]:
    """Those whose parts are as many as in the first value."""
    parts = len(re.findall(r"\w+", values[0]))
    for day, hour in product(_DAYS, _HOURS):
        if len(re.findall(r"\w+", day + hour)) == parts:
            yield day + hour


def _parsed(values: Sequence[str], one: str) -> pd.Series:
    return pd.to_datetime(pd.Series(values, dtype=object), format=one, errors="coerce")


def _order(times: pd.Series) -> int:
    steps: list[pd.Timedelta] = [
        after - before for before, after in pairwise(times.dropna().tolist())
    ]
    return abs(sum(step > _NO_TIME for step in steps) - sum(step < _NO_TIME for step in steps))
