"""Which prediction a label belongs to where no id says it: the entity's last one before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

TIME = "time"
EXACT = 2.0**53
"""From here on serving, which has numbers as float64, cannot tell two whole numbers apart."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Joined:
    """Pairs of places, `asked` ascending and each at most once; and the rows that are in none."""

    asked: Places
    rows: Places
    ambiguous: Places
    unmatched: Places


def as_of(
    asked: pd.DataFrame,
    rows: pd.DataFrame,
    entity: Sequence[str],
    tolerance: timedelta,
    taken: npt.NDArray[np.bool_],
) -> Joined:
    """The last prediction of each row's entity at or before its time, at most `tolerance` before.

    Both tables have the columns of `entity` and TIME, in UTC. A row is ambiguous if two predictions
    are the last at once, if its prediction is `taken` (shape (n,), of `asked`), or if another row
    belongs to the same: none of them is joined.
    """
    left, right = _keyed(rows, asked, entity)
    left, right = left.dropna(), right.dropna()
    right["tied"] = right.duplicated(["entity", TIME], keep=False)
    found = pd.merge_asof(
        left.sort_values(TIME, kind="stable"),
        right.sort_values(TIME, kind="stable"),
        on=TIME,
        by="entity",
        tolerance=pd.Timedelta(tolerance),
        suffixes=("_row", "_asked"),
    ).dropna(subset=["place_asked"])
    places = found["place_asked"].to_numpy(np.int64)
    several = found["place_asked"].duplicated(keep=False).to_numpy()
    sure = ~(several | found["tied"].to_numpy(bool) | taken[places])
    order = np.argsort(places[sure], kind="stable")
    every = found["place_row"].to_numpy(np.int64)
    return Joined(
        places[sure][order],
        every[sure][order],
        every[~sure],
        np.setdiff1d(np.arange(len(rows)), every),
    )


def keys(values: Iterable[object]) -> list[object]:
    """Values as they can be compared however a table has them: text, or a number as a float.

    None where there is none, or where it is too large a number to be told from its neighbour.
    """
    return [_key(one) for one in values]


def _key(value: object) -> object:
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float | np.number | np.bool_):
        return None
    number = float(value)
    return number if abs(number) < EXACT else None


def _keyed(
    rows: pd.DataFrame, asked: pd.DataFrame, entity: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place, time and the number of the entity, which is a gap where a part of its key is one."""
    parts = pd.DataFrame({name: keys([*rows[name], *asked[name]]) for name in entity}, dtype=object)
    entities = parts.groupby(list(entity), sort=False, dropna=True).ngroup().astype(float)
    whole = entities.mask(parts.isna().any(axis=1))
    times = np.concatenate([_micros(rows[TIME]), _micros(asked[TIME])])
    place = np.r_[np.arange(len(rows)), np.arange(len(asked))]
    table = pd.DataFrame({"place": place, TIME: times, "entity": whole})
    return table.iloc[: len(rows)].copy(), table.iloc[len(rows) :].copy()


def _micros(times: pd.Series) -> npt.NDArray[np.datetime64]:
    utc = pd.to_datetime(times, utc=True).dt.tz_localize(None)
    return utc.to_numpy("datetime64[us]")
