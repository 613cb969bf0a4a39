"""Whether the past is learned from and the future judged on, as far as timestamps tell."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from platform_assets.findings import Findings

AHEAD = timedelta(days=1)
"""How far local time may be ahead of UTC, with room: the farthest zones are 14 hours ahead."""

_UNKNOWN = 0.05
_GAP_SHARE = 0.1
_GAP_TIMES = 10
_TYPICAL = 0.99


def time_order(
    train: pd.Series, holdout: pd.Series, now: datetime, *, by_time: bool, column: str
) -> Findings:
    """Blocks a split `by_time` whose holdout does not begin after the last row to learn from.

    Warns of rows later than `now` (which has a zone) by more than a day, of more than 5 % rows
    without a time, of a holdout that is a single moment, and of a gap before the holdout that is
    no habit of the table. Times without a zone count as UTC. Values of `column` that are no dates
    (numbers, text) are compared as they are, and only with each other.
    """
    times = _comparable(pd.concat([train, holdout], ignore_index=True))
    past, future = times[: len(train)].dropna(), times[len(train) :].dropna()
    if past.empty or future.empty:
        return Findings(blocking=[f"no row with a {column!r} on one side"])
    facts = {
        "train_until": str(past.max()),
        "holdout_from": str(future.min()),
        "without_time": int(times.isna().sum()),
    }
    warnings = [*_unknown(times, column), *_ahead(times, now, column)]
    if not by_time:
        return Findings(warnings=warnings, facts=facts)
    warnings += _odd_holdout(past, future)
    return Findings(list(_mixed(past, future, column)), warnings, facts=facts)


def _comparable(times: pd.Series) -> pd.Series:
    """Moments in UTC if the values are any; numbers and text as they are."""
    there = times.dropna()
    if times.dtype.kind == "M" or (len(there) and isinstance(there.iloc[0], date)):
        return pd.to_datetime(times, utc=True)
    return times


def _mixed(past: pd.Series, future: pd.Series, column: str) -> Iterator[str]:
    late = int((past >= future.min()).sum())
    if late:
        yield (
            f"{late} rows to learn from are not before the holdout, which begins at "
            f"{column}={future.min()}; look for mixed time zones and day-month order"
        )


def _unknown(times: pd.Series, column: str) -> Iterator[str]:
    share = times.isna().mean()
    if share > _UNKNOWN:
        yield f"{share:.1%} of the rows have no {column!r}; whether they are past is not known"


def _ahead(times: pd.Series, now: datetime, column: str) -> Iterator[str]:
    if times.dtype.kind != "M":
        return
    ahead = times[times > now + AHEAD]
    if len(ahead):
        yield (
            f"{len(ahead)} rows are later than now, up to {column}={ahead.max()}; look for a "
            "column that plans instead of tells, for day-month order, and at this machine's clock"
        )


def _odd_holdout(past: pd.Series, future: pd.Series) -> Iterator[str]:
    if future.nunique() == 1:
        yield f"every row of the holdout has the one time {future.iloc[0]}"
    if past.dtype.kind not in "Miuf":
        return
    gap, span = future.min() - past.max(), future.max() - past.min()
    if gap > _GAP_SHARE * span and gap > _GAP_TIMES * _usual_gap(past):
        yield f"nothing is there between {past.max()} and {future.min()}, where the holdout begins"


def _usual_gap(times: pd.Series) -> Any:
    """The length that all but one in a hundred gaps between moments keep to."""
    steps = pd.Series(np.sort(times.unique())).diff().dropna()
    return steps.quantile(_TYPICAL) if len(steps) else times.max() - times.min()
