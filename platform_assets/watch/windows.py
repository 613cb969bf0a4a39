"""Stretches of time of equal length, in which what was served is judged.

They begin at whole multiples of their length since 1970 (UTC), so every run sees the same ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_GRACE = timedelta(minutes=10)
"""Replicas write their files of the prediction log within seconds of the request."""


@dataclass(frozen=True, order=True)
class Window:
    """From `start` up to, not including, `end`; both with a zone."""

    start: datetime
    end: datetime


def window_of(time: datetime, length: timedelta) -> Window:
    """The window that holds a time."""
    start = time - (time - _EPOCH) % length
    return Window(start, start + length)


def closed_until(now: datetime, length: timedelta, waiting: datetime | None = None) -> datetime:
    """The end of the newest window whose rows can be thought to have landed.

    `waiting` is since when rows wait to land, if any do.
    """
    landed = now - min(length, LONGEST_GRACE)
    return window_of(landed if waiting is None else min(landed, waiting), length).start


def due(
    times: Iterable[datetime],
    after: datetime,
    now: datetime,
    length: timedelta,
    waiting: datetime | None = None,
) -> list[Window]:
    """The closed windows that hold one of these times and begin at `after` or later, in order."""
    until = closed_until(now, length, waiting)
    found = {window_of(time, length) for time in times}
    return sorted(one for one in found if one.start >= after and one.end <= until)
