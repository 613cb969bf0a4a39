"""A simulated card processor: the payments of some weeks, and the daily files it delivers.

    .venv/bin/python -m platform_assets.defs.fraud.simulator FOLDER --days 60

The 30 days before the first are lived through but not delivered, so that the aggregates of the
first file have something to look back on. Equal arguments give equal bytes, and a longer run
begins with the files of a shorter one.
"""

import argparse
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from platform_assets.defs.fraud.aggregates import of_customers, of_terminals
from platform_assets.defs.fraud.dirt import as_text, soil, write_csv
from platform_assets.defs.fraud.patterns import thefts
from platform_assets.defs.fraud.world import (
    CATEGORIES,
    DAY,
    MODES,
    ONLINE_MODE,
    Array,
    Payments,
    World,
    build_world,
    honest,
)

START = date(2026, 1, 1)
DAYS = 60
SEED = 7

_WARM_UP = 30
_UNREPORTED = 0.015


def simulate(days: int = DAYS, start: date = START, seed: int = SEED) -> pd.DataFrame:
    """About 3,700 payments a day, one per row, with the columns of the contract, in order of time.

    `start` is the first day; the index counts from 0.
    """
    world = build_world(seed)
    lived = _together([_day(world, day) for day in range(-_WARM_UP, days)])
    frame = _columns(world, lived, start)
    return frame[lived.second >= 0].reset_index(drop=True)


def write_deliveries(
    folder: Path, days: int = DAYS, start: date = START, seed: int = SEED
) -> list[Path]:
    """Write one CSV file a day into `folder`, with the dirt of real files; the paths, in order.

    A file is written under a hidden name first, so that it is never seen half written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [write_csv(folder / name, rows) for name, rows in deliveries(days, start, seed)]


def deliveries(
    days: int = DAYS, start: date = START, seed: int = SEED
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Name and rows of each day's file, every value as text."""
    clean = simulate(days, start, seed)
    dates = clean["time"].dt.date
    text = as_text(clean)
    late: dict[int, list[pd.DataFrame]] = {}
    for day, (when, places) in enumerate(sorted(text.groupby(dates).indices.items())):
        draw = np.random.default_rng([seed, day, 8])
        on_time, held_back = soil(text.iloc[places], draw)
        for delay, rows in held_back.items():
            late.setdefault(day + delay, []).append(rows)
        yield f"transactions-{when}.csv", pd.concat([on_time, *late.pop(day, [])])


def _day(world: World, day: int) -> Payments:
    """The payments of a day in order of time; a few frauds are never claimed, nor labelled."""
    lived = _together([honest(world, day), *thefts(world, day)])
    claimed = world.draw(day, 7).random(len(lived.fraud)) >= _UNREPORTED
    return _taken(
        replace(lived, fraud=lived.fraud & claimed), np.argsort(lived.second, kind="stable")
    )


def _together(parts: list[Payments]) -> Payments:
    names = [field.name for field in fields(Payments)]
    return Payments(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def _taken(payments: Payments, places: Array) -> Payments:
    names = [field.name for field in fields(Payments)]
    return Payments(**{name: getattr(payments, name)[places] for name in names})


def _columns(world: World, lived: Payments, start: date) -> pd.DataFrame:
    amount = np.maximum(lived.amount, 0.5).round(2)
    second_of_day = lived.second % DAY
    return pd.DataFrame(
        {
            "transaction_id": _ids(lived.second, start),
            "time": pd.Timestamp(start) + pd.to_timedelta(lived.second, unit="s"),
            "customer_id": np.char.mod("C%05d", lived.customer),
            "terminal_id": np.char.mod("T%05d", lived.terminal),
            "amount": amount,
            "merchant_category": np.array(CATEGORIES)[world.category[lived.terminal]],
            "entry_mode": np.array(MODES)[lived.mode],
            "new_device": lived.new_device,
            "hour": second_of_day // 3_600,
            "account_age_days": world.opened_days_ago[lived.customer]
            + lived.second // DAY
            + _WARM_UP,
            "distance_from_home_km": _distance(world, lived),
            **of_customers(lived.customer, lived.second, amount),
            **of_terminals(lived.terminal, lived.second, lived.fraud),
            "is_fraud": lived.fraud,
        }
    )


def _distance(world: World, lived: Payments) -> Array:
    apart = world.distance_km(lived.customer, lived.terminal)
    return np.where(lived.mode == ONLINE_MODE, np.nan, apart).round(1)


def _ids(second: Array, start: date) -> Array:
    """The date, and the place among the payments of that day."""
    day = second // DAY
    place = np.arange(len(day)) - np.searchsorted(day, day)
    dates = np.datetime_as_string(np.datetime64(start) + day)
    return np.char.add(np.char.add(dates, "-"), np.char.mod("%05d", place))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write simulated card payments as daily files.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--start", type=date.fromisoformat, default=START)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    write_deliveries(given.folder, given.days, given.start, given.seed)


if __name__ == "__main__":
    main()
