import json
import math
from pathlib import Path

import numpy as np
import pytest

from resources.artifacts import Artifacts
from resources.errors import RecordUnreadable
from resources.latency import Measurement
from resources.latency_record import LatencyRecord, record_at
from resources.load import LoadReport

LATENCIES = np.array([1.0, 2.0, math.inf, 4.0])


def measured(beside=()):
    mine = LoadReport(50, 0.08, 4, 1, LATENCIES, {"status 500": 1})
    return Measurement((mine, mine), beside, "3" if beside else "")


@pytest.mark.parametrize("beside", [(), (LoadReport(50, 0.08, 4, 0, np.full(4, 2.0)),)])
def test_what_was_kept_is_found_at_its_address(tmp_path, beside):
    record = LatencyRecord.of("sha256:a", measured(beside), {"a": 1.0e8})
    address = record.kept(Artifacts(tmp_path / "a b"), "line")
    assert record_at(address) == record
    assert record.kept(Artifacts(tmp_path / "a b"), "line") == address


def test_a_side_says_what_was_sent_and_what_was_lost():
    side = LatencyRecord.of("sha256:a", measured(), {}).mine
    assert (side.requests, side.errors, side.histogram.lost) == (8, 2, 2)
    assert side.timeline[:3] == ((0.0, 1.0, 1.0), (0.02, 2.0, 2.0), (0.04, math.inf, math.inf))


@pytest.mark.parametrize("address", ["", "file:///nowhere/latency.json", "s3://bucket/x.json"])
def test_what_is_not_on_this_machine_is_not_found(address):
    assert record_at(address) is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "null", '{"mine": 1, "beside": null}', "another field"]
)
def test_what_this_version_does_not_read_says_so_with_its_place(tmp_path, content):
    """A field of another version was a TypeError, in the middle of a deployment."""
    address = LatencyRecord.of("sha256:a", measured(), {}).kept(Artifacts(tmp_path), "line")
    place = Path(address.removeprefix("file://"))
    told = json.loads(place.read_bytes())
    place.chmod(0o600)
    place.write_text(json.dumps(told | {"colour": 1}) if content == "another field" else content)
    with pytest.raises(RecordUnreadable, match=f"{place} is no record of a latency test"):
        record_at(address)
