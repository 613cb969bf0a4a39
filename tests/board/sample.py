"""What endpoints logged and monitors found, made up: rows of one day, and six windows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from platform_assets.watch.log_rows import SCHEMA
from platform_assets.watch.observations import Observation, Outcome
from tests.support.releases import digest


def row(time: datetime, **fields: Any) -> dict[str, Any]:
    """A logged row of the second before the end of the hour, answered well."""
    given = {"_request_id": f"r{time.timestamp()}", "_row": 0, "_environment": "production"}
    told = {"_digest": digest("a"), "_version": "1", "_status": 200, "_latency_ms": 3.0}
    return {"_time": time, **given, **told, **fields}


def rows(given: Sequence[dict[str, Any]]) -> pa.Table:
    whole = [{name: one.get(name) for name in SCHEMA.names} for one in given]
    return pa.Table.from_pylist(whole, SCHEMA)


def a_day(until: datetime) -> pa.Table:
    """Three requests in each of 22 hours, slower by and by, and one that failed."""
    hours = [(until - timedelta(hours=21 - hour, minutes=7), hour) for hour in range(22)]
    given = [
        row(time + timedelta(minutes=minute), _latency_ms=2.0 + 0.1 * hour + 0.3 * minute)
        for time, hour in hours
        for minute in range(3)
    ]
    return rows([*given, row(until - timedelta(minutes=90), _status=500, _row=None)])


def observation(start: datetime, monitor: str, subject: str, value: float) -> Observation:
    """A window of one hour in production, its threshold at 0.2."""
    return Observation(
        environment="production",
        digest=digest("a"),
        version="1",
        monitor=monitor,
        subject=subject,
        start=start,
        end=start + timedelta(hours=1),
        rows=1200,
        value=value,
        low=None,
        high=None,
        threshold=0.2,
        outcome=Outcome.BEYOND if value > 0.2 else Outcome.OK,
    )


def windows(until: datetime) -> list[Observation]:
    """Six windows: one column drifts, the other does not, and quality is known."""
    starts = [until - timedelta(hours=back) for back in range(6, 0, -1)]
    return [
        one
        for number, start in enumerate(starts)
        for one in (
            observation(start, "input_drift", "amount", 0.05 + 0.04 * number),
            observation(start, "input_drift", "age", 0.04),
            observation(start, "quality", "average_precision", 0.19 - 0.01 * number),
        )
    ]
