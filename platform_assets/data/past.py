"""The deliveries of a table's recent past, as its volume and freshness are judged by.

The past is carried from one evaluation of the check to the next, so that a run reads the new
deliveries alone.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa

from platform_assets.data.accounts import Account
from platform_assets.data.blocks import Delivery
from platform_assets.data.contract import DELIVERY
from platform_assets.data.history import WINDOW, Delivered
from resources.lake import Lake

KEPT = 2 * WINDOW


def extended(
    before: Sequence[Delivered],
    fresh: Sequence[Account],
    delivered: Mapping[int, Delivery],
    newest: Mapping[int, datetime],
) -> list[Delivered]:
    """The past with the new deliveries behind it, empty ones too; the oldest are left out."""
    rows = {one.delivery: one.clean + one.bad for one in fresh}
    added = [
        Delivered(
            one.file, one.arrived.replace(tzinfo=UTC), rows.get(number, 0), newest.get(number)
        )
        for number, one in sorted(delivered.items())
    ]
    return [*before, *added][-KEPT:]


def newest_events(lake: Lake, clean: str, time: str | None, after: int) -> dict[int, datetime]:
    """The newest event of each delivery with a higher number.

    None where rows have no time, or one that is no moment: a year, a counter, a word.
    """
    if time is None or not _tells_moments(lake, clean, time):
        return {}
    batches = lake.batches(clean, lake.version(clean), [DELIVERY, time], [(DELIVERY, ">", after)])
    parts = [
        pl.DataFrame(pl.from_arrow(batch)).group_by(DELIVERY).agg(pl.col(time).max())
        for batch in batches
    ]
    if not parts:
        return {}
    moment = pl.col(time).max().cast(pl.Datetime)
    rows = pl.concat(parts).group_by(DELIVERY).agg(moment).drop_nulls().iter_rows()
    return {number: found.replace(tzinfo=UTC) for number, found in rows}


def _tells_moments(lake: Lake, clean: str, time: str) -> bool:
    kind = lake.schema(clean).field(time).type
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def written(past: Sequence[Delivered]) -> list[dict[str, Any]]:
    """As the check's metadata keeps it."""
    return [
        {
            "name": one.name,
            "arrived": one.arrived.isoformat(),
            "rows": one.rows,
            "newest": one.newest.isoformat() if one.newest else None,
        }
        for one in past
    ]


def read(kept: Sequence[Mapping[str, Any]]) -> list[Delivered]:
    """What `written` wrote."""
    return [
        Delivered(
            one["name"],
            datetime.fromisoformat(one["arrived"]),
            one["rows"],
            datetime.fromisoformat(one["newest"]) if one["newest"] else None,
        )
        for one in kept
    ]
