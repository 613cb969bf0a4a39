"""A fault on each row: which monitors raise an alert, and that without one none does.

The same table stands in docs/reference.md for readers.
"""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resources.settings import CHECKOUT
from tests.support.watched import FIRST
from tests.support.watched_model import ROWS, Watched, model, orders

DAYS = 3
Change = Callable[[pd.DataFrame], pd.DataFrame]


def same(frame):
    return frame


def live(place, *, upstream: Change = same, serving: Change = same, days=DAYS, **asked):
    """Days of rows that go wrong upstream, for both serving and training, or in serving alone."""
    for day in range(days):
        frame = upstream(orders(ROWS, seed=100 + day, name=f"{day}-"))
        place.ask(day, serving(frame), **asked)
        place.deliver(frame)
        place.judge(day)


def cents(frame):
    return frame.assign(amount=frame["amount"] * 100)


def rounded(frame):
    return frame.assign(amount=frame["amount"].round(0))


def other_zone(frame):
    return frame.assign(hour=(frame["hour"] - 5) % 24)


def no_amount(frame):
    return frame.assign(amount=np.nan)


def negative(frame):
    return frame.assign(amount=frame["amount"].where(frame.index % 2 > 0, -1.0))


def other_behaviour(frame):
    return frame.assign(returned=1 - frame["returned"])


def other_callers(frame):
    return frame.assign(channel="web")


def slow_leak(place):
    for day in range(14):
        frame = orders(ROWS, seed=100 + day, name=f"{day}-")
        place.ask(day, frame, latency_ms=5 * 1.06**day)
        place.deliver(frame)
        place.judge(day)


def stale(place):
    place.folder = model(stale_days=0.5)
    place.deliver(orders(1, seed=0))
    committed = place.lake.committed("tiny/cleaned", 0)
    place.served = replace(place.served, cleaned=0)
    for day in (40, 41):
        late = (committed - FIRST).days + day
        place.ask(late, orders(ROWS, seed=day))
        place.judge(late)


def other_libraries(place):
    place.served = replace(place.served, lock="0" * 64)
    live(place)


def other_columns(place):
    first, *rest = place.served.signature.columns
    changed = place.served.signature.model_copy(
        update={"columns": (first.model_copy(update={"nullable": False}), *rest)}
    )
    place.served = replace(place.served, signature=changed)
    live(place)


FAULTS = {
    "none": (live, ""),
    "unit changed upstream": (
        lambda place: live(place, upstream=cents),
        "input_drift, score_drift, numerical_health, quality",
    ),
    "unit changed in serving only": (
        lambda place: live(place, serving=cents),
        "input_drift, score_drift, skew, numerical_health, quality",
    ),
    "rounded in serving only": (lambda place: live(place, serving=rounded), "skew"),
    "another time zone in serving only": (
        lambda place: live(place, serving=other_zone),
        "input_drift, score_drift, skew",
    ),
    "a feature missing upstream": (
        lambda place: live(place, upstream=no_amount),
        "input_drift, score_drift, quality",
    ),
    "values that the contract refuses, in serving only": (
        lambda place: live(place, serving=negative),
        "input_drift, score_drift, skew, invariants, quality",
    ),
    "other callers": (
        lambda place: live(place, upstream=other_callers),
        "input_drift, score_drift",
    ),
    "labels mean something else": (
        lambda place: live(place, upstream=other_behaviour),
        "quality",
    ),
    "weights that are NaN": (lambda place: live(place, status=500), "errors"),
    "answers that are NaN": (
        lambda place: live(place, answers=np.full(ROWS, np.nan)),
        "numerical_health",
    ),
    "one answer for all": (
        lambda place: live(place, answers=np.full(ROWS, 0.5)),
        "numerical_health, score_drift, quality",
    ),
    "probabilities of 0 and 1 alone": (
        lambda place: live(place, answers=np.arange(ROWS) % 2 * 1.0),
        "numerical_health, score_drift, quality",
    ),
    "requests that are refused": (lambda place: live(place, status=400), "errors"),
    "slow answers": (lambda place: live(place, latency_ms=400.0), "latency"),
    "a slow leak": (slow_leak, "latency"),
    "a stale model": (stale, "staleness"),
    "other libraries than at training": (other_libraries, "staleness"),
    "other columns than at training": (other_columns, "staleness"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_noticed_by_the_monitors_that_should(fault, tmp_path):
    inject, expected = FAULTS[fault]
    place = Watched(tmp_path)
    inject(place)
    assert place.monitors() == set(filter(None, expected.split(", ")))


def test_the_reference_tells_what_notices_each_fault():
    page = (CHECKOUT / "docs" / "reference.md").read_text()
    table = dict(re.findall(r"^\| ([a-zNA0-9 ,]+) \| ((?:`\w+`(?:, )?)*) \|$", page, re.MULTILINE))
    told = {fault: table[fault].replace("`", "") for fault in FAULTS if fault != "none"}
    assert told == {fault: monitors for fault, (_, monitors) in FAULTS.items() if fault != "none"}
