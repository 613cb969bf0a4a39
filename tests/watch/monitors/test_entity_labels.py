"""Labels joined by entity and time, through the tables that landing and cleaning write."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from platform_assets.errors import SpecError
from platform_assets.folder import ModelFolder
from platform_assets.spec import ModelSpec
from platform_assets.watch import traffic as drawing
from platform_assets.watch.monitors.labels import QUALITY, delivered, truth
from platform_assets.watch.traffic import traffic
from platform_assets.watch.windows import Window
from tests.support.tiny import SPEC, build_pipeline
from tests.support.watched import DAY, FIRST
from tests.support.watched_model import Orders, Watched, orders

MINUTE = timedelta(minutes=1)


class Timed(Orders):
    at: datetime


def folder(contract=Timed, **changes):
    labels = {"entity": ["amount", "channel"], "tolerance_minutes": 60}
    said = {
        "time": "at",
        "features": ["amount", "hour", "channel"],
        "monitoring": {"labels": labels},
    }
    spec = ModelSpec.model_validate(SPEC | said | changes)
    return ModelFolder("tiny", Path(__file__).parent, spec, contract.to_schema(), build_pipeline)


def asked(rows, name="asked", seed=2):
    """Orders each of an entity of its own."""
    return orders(rows, seed, name).assign(amount=np.arange(rows) + 1.0)


def labels_of(frame, day=0.0, after=MINUTE, name="label"):
    """Rows of the same entities, each some time after `Watched.ask` asked for it."""
    begin = (FIRST + day * DAY).replace(tzinfo=None)
    times = [begin + place * DAY / len(frame) + after for place in range(len(frame))]
    ids = [f"{name}{place}" for place in range(len(frame))]
    return frame.assign(order=ids, at=pd.to_datetime(times))


@pytest.fixture
def place(tmp_path):
    return Watched(tmp_path, folder())


def joined(place, day=0, days=1):
    window = Window(FIRST + day * DAY, FIRST + (day + days) * DAY)
    (found,) = traffic(place.lake, "tiny", window)
    named = delivered(place.lake, place.folder, found)
    told = truth(place.lake, place.folder, found, named)
    pairs = list(zip(found.logged["_request_id"].iloc[told.found.places], told.found.frame["hour"],
                     strict=True))  # fmt: skip
    return pairs, told


def test_rows_that_name_no_request_are_joined_by_entity_and_time(place):
    frame = asked(10)
    place.ask(0, frame)
    place.deliver(labels_of(frame).iloc[[7, 3]])
    pairs, told = joined(place)
    assert pairs == [(f"asked{row}", frame["hour"][row]) for row in (3, 7)]
    assert (told.by_id, told.ambiguous, told.unmatched) == (0, 0, 0)


def test_a_row_that_names_its_request_is_joined_by_it_and_its_prediction_gets_no_other(place):
    frame = asked(10)
    place.ask(0, frame)
    place.deliver(labels_of(frame).assign(order=frame["order"]).iloc[[3]])
    place.deliver(labels_of(frame).iloc[[3, 7]])
    pairs, told = joined(place)
    assert [name for name, _ in pairs] == ["asked3", "asked7"]
    assert (told.by_id, told.ambiguous, told.unmatched) == (1, 1, 0)


def test_a_row_that_names_a_request_of_another_window_says_nothing_of_this_one(place):
    frame = asked(10)
    place.ask(0, frame)
    place.ask(1, frame.assign(order=[f"next{row}" for row in range(10)]))
    place.deliver(labels_of(frame).assign(order="next3").iloc[[3]])
    assert joined(place)[0] == []
    assert [name for name, _ in joined(place, day=1)[0]] == ["next3"]


def test_a_row_across_the_end_of_a_window_is_of_one_prediction_in_one_window(place):
    """It was asked again after midnight, so the label is of the second answer alone."""
    last = asked(48).iloc[47:]
    place.ask(1 - 1 / 48, last)
    place.ask(1 + 1 / 1440, last.assign(order="again"))
    place.deliver(labels_of(last, day=1, after=2 * MINUTE))
    assert joined(place)[0] == []
    assert [name for name, _ in joined(place, day=1)[0]] == ["again"]
    assert [name for name, _ in joined(place, days=2)[0]] == ["again"]


def test_a_row_after_midnight_is_of_the_prediction_before_it(place):
    last = asked(48).iloc[47:]
    place.ask(1 - 1 / 48, last)
    place.deliver(labels_of(last, day=1, after=MINUTE))
    assert [name for name, _ in joined(place)[0]] == ["asked47"]


def test_a_row_is_not_of_an_earlier_prediction_where_its_own_was_not_drawn(place, monkeypatch):
    monkeypatch.setattr(drawing, "MOST_ROWS", 10)
    frame = asked(100).assign(amount=np.repeat(np.arange(50) + 1.0, 2), channel="web")
    place.ask(0, frame)
    place.deliver(labels_of(frame).iloc[1::2])
    names = [name for name, _ in joined(place)[0]]
    assert names
    assert all(int(name.removeprefix("asked")) % 2 for name in names)


def test_an_answer_of_another_version_takes_its_label(place):
    frame = asked(10)
    place.ask(0, frame)
    first, place.digest = place.digest, f"sha256:{'b' * 64}"
    place.ask(1 / 1440, frame.assign(order="later").iloc[[0]])
    place.deliver(labels_of(frame, after=2 * MINUTE).iloc[[0]])
    found = {one.digest: one for one in traffic(place.lake, "tiny", Window(FIRST, FIRST + DAY))}
    counts = {}
    for digest, part in found.items():
        named = delivered(place.lake, place.folder, part)
        counts[digest] = len(truth(place.lake, place.folder, part, named).found.places)
    assert counts == {first: 0, place.digest: 1}


def test_rows_of_no_prediction_and_repeated_ones_are_counted(place):
    frame = asked(10)
    place.ask(0, frame)
    place.deliver(labels_of(frame).iloc[[3]])
    place.deliver(labels_of(frame, after=2 * MINUTE, name="twice").iloc[[3]])
    place.deliver(labels_of(frame, name="nobody").assign(amount=999.0).iloc[[4, 5]])
    pairs, told = joined(place)
    assert (pairs, told.ambiguous, told.unmatched) == ([], 2, 2)


def test_a_model_without_an_id_gets_quality_once_the_tolerance_is_over(tmp_path):
    place, frame = Watched(tmp_path, folder(id=None)), asked(300)
    place.ask(0, frame)
    place.deliver(labels_of(frame))
    (found,) = (one for one in place.judge(0) if one.monitor == QUALITY)
    assert found.rows == 300


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"monitoring": {"labels": {"entity": ["card"], "tolerance_minutes": 5}}},
         r"monitoring.labels.entity: 'card' is no feature, so it is not logged"),
        ({"monitoring": {"labels": {"entity": ["hour", "hour"], "tolerance_minutes": 5}}},
         r"monitoring.labels.entity: each may stand once"),
        ({"time": None}, r"monitoring.labels: needs the key `time`"),
        ({"monitoring": {"label_days": 1,
                         "labels": {"entity": ["hour"], "tolerance_minutes": 1441}}},
         r"tolerance_minutes: got 1441, expected at most .* 1440"),
    ],
)  # fmt: skip
def test_what_can_join_nothing_is_refused_when_the_model_loads(changes, match):
    with pytest.raises(ValueError, match=match):
        folder(**changes)


class Dated(Orders):
    at: str


def test_a_time_that_is_no_timestamp_is_refused(tmp_path):
    place, frame = Watched(tmp_path, folder(Dated)), asked(10)
    place.ask(0, frame)
    place.deliver(labels_of(frame).assign(at="2026-03-01"))
    with pytest.raises(SpecError, match=r"'at' of tiny/cleaned is of type .*string, expected"):
        joined(place)
