"""Numbers over time: what was logged, put into windows of one length."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from platform_assets.watch.log_rows import ENVIRONMENT, LATENCY, ROW, STATUS, TIME

COLUMNS = (TIME, ENVIRONMENT, STATUS, LATENCY, ROW)
SPAN = timedelta(hours=24)
WINDOWS = 24
LENGTHS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
SERVER_ERROR = 500


@dataclass(frozen=True)
class Window:
    """The requests of one window; `p99_ms` is None where there were none."""

    start: datetime
    requests: int
    errors: int
    p99_ms: float | None


@dataclass(frozen=True)
class Traffic:
    """What one environment was asked: windows of one `length`, oldest first."""

    length: timedelta
    windows: tuple[Window, ...]

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.windows)

    @property
    def errors(self) -> int:
        return sum(one.errors for one in self.windows)

    @property
    def newest(self) -> Window | None:
        """The last window in which there were requests."""
        return next((one for one in reversed(self.windows) if one.requests), None)


def traffic(rows: pa.Table, environment: str, until: datetime) -> Traffic:
    """The requests of an environment in the day before `until`, from rows of `COLUMNS`.

    A request of many rows counts once. The windows are as short as 24 of them allow.
    """
    first_row = pc.or_kleene(pc.is_null(rows[ROW]), pc.equal(rows[ROW], 0))
    asked = rows.filter(pc.and_(pc.equal(rows[ENVIRONMENT], environment), first_row))
    times = asked[TIME].cast(pa.timestamp("us")).to_numpy().astype("int64") / 1e6
    within = (times > (until - SPAN).timestamp()) & (times <= until.timestamp())
    times, status = times[within], asked[STATUS].to_numpy()[within]
    latency = asked[LATENCY].to_numpy()[within]
    length = _length(times, until)
    starts = _starts(until, length)
    index = np.searchsorted([one.timestamp() for one in starts], times, side="right") - 1
    return Traffic(
        length,
        tuple(
            _window(start, status[index == number], latency[index == number])
            for number, start in enumerate(starts)
        ),
    )


def _length(times: "np.ndarray[tuple[int], np.dtype[np.float64]]", until: datetime) -> timedelta:
    oldest = timedelta(seconds=until.timestamp() - times.min()) if len(times) else SPAN
    return next((one for one in LENGTHS if one * (WINDOWS - 1) >= oldest), LENGTHS[-1])


def _starts(until: datetime, length: timedelta) -> Sequence[datetime]:
    seconds = length.total_seconds()
    last = datetime.fromtimestamp(until.timestamp() // seconds * seconds, UTC)
    return [last - length * back for back in reversed(range(WINDOWS))]


def _window(
    start: datetime,
    status: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    latency: "np.ndarray[tuple[int], np.dtype[np.float64]]",
) -> Window:
    p99 = float(np.quantile(latency, 0.99)) if len(latency) else None
    return Window(start, len(status), int((status >= SERVER_ERROR).sum()), p99)
