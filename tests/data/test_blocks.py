import io
from datetime import datetime

import pyarrow as pa
import pytest

from platform_assets.data import blocks as module
from platform_assets.data.blocks import SCHEMA, Delivery, blocks, content, delivered
from resources.lake import Lake

RAW = "tiny/raw"
ARRIVED = datetime.fromisoformat("2026-01-01")


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 10)
    monkeypatch.setattr(module, "PAGE", 3)


def land(lake, *contents, first=1):
    landed = [
        Delivery(number, f"digest{number}", f"{number}.csv", ARRIVED, len(one))
        for number, one in enumerate(contents, first)
    ]
    batches = [
        batch
        for delivery, one in zip(landed, contents, strict=True)
        for batch in blocks(delivery, io.BytesIO(one))
    ]
    lake.commit_behind(RAW, lake.newest(RAW), SCHEMA, batches, {"deliveries": landed[-1].number})
    return delivered(lake, RAW, lake.version(RAW))


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 29, 30, 31, 100])
def test_the_bytes_of_a_delivery_come_back_as_they_were(lake, size):
    whole = bytes(range(size))
    (delivery,) = land(lake, whole)
    assert content(lake, RAW, 0, delivery).read() == whole


def test_a_delivery_is_known_without_its_bytes(lake):
    land(lake, b"a" * 25)
    found = land(lake, b"b" * 5, first=2)
    assert found == [
        Delivery(1, "digest1", "1.csv", ARRIVED, 25, blocks=3),
        Delivery(2, "digest2", "2.csv", ARRIVED, 5, blocks=1),
    ]


def test_an_empty_file_is_one_empty_block():
    (batch,) = blocks(Delivery(1, "d", "a.csv", ARRIVED), io.BytesIO(b""))
    assert batch.to_pylist() == [
        {
            "_delivery": 1,
            "_digest": "d",
            "_file": "a.csv",
            "_arrived": ARRIVED,
            "_block": 0,
            "_size": 0,
            "_bytes": b"",
        }
    ]


def test_deliveries_behind_a_number_can_be_asked_for(lake):
    land(lake, *(b"%d" % number for number in range(5)))
    assert [one.number for one in delivered(lake, RAW, 0, after=3)] == [4, 5]
    assert delivered(lake, RAW, 0, after=5) == []


def test_an_older_version_knows_what_had_landed_then(lake):
    land(lake, b"a")
    land(lake, b"b", first=2)
    assert [one.number for one in delivered(lake, RAW, 0)] == [1]


def test_one_delivery_is_not_mixed_with_its_neighbours(lake):
    contents = [bytes([number]) * 35 for number in range(4)]
    for delivery, whole in zip(land(lake, *contents), contents, strict=True):
        assert content(lake, RAW, 0, delivery).read() == whole


def test_the_start_of_a_delivery_can_be_looked_at_without_reading_it(lake):
    (delivery,) = land(lake, b"\x1f\x8b" + b"x" * 50)
    with content(lake, RAW, 0, delivery) as stream:
        assert stream.peek(2)[:2] == b"\x1f\x8b"
        assert len(stream.read()) == 52


def test_blocks_have_the_schema_of_the_table():
    for batch in blocks(Delivery(1, "d", "a", ARRIVED), io.BytesIO(b"x" * 25)):
        assert pa.schema(batch.schema).equals(SCHEMA)
