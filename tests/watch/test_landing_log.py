"""Files of the prediction log, written by the real door, in real tables: each exactly once."""

import gzip
import json
import os
import shutil
from datetime import UTC, datetime

import pytest

from platform_assets.watch import landing_log
from platform_assets.watch.landing_log import land
from platform_assets.watch.log_files import read, refused, waiting
from serving.bundle import write_bundle
from tests.support.bundles import fraud_contents, iris_contents, line_contents
from tests.support.logged import serve

TABLE = "line/predictions"
ROW = {"a": 1, "b": 2}


@pytest.fixture
def line(tmp_path):
    return write_bundle(tmp_path / "store", line_contents())


def rows(lake, name=TABLE):
    return (
        lake.read(name).sort_by([("_request_id", "ascending"), ("_row", "ascending")]).to_pylist()
    )


def test_each_row_that_was_asked_is_a_row(lake, root, line):
    serve(root, line, {"q-1": [ROW, {"a": 0, "b": -1}], "q-2": [{"a": "x", "b": 1}]}, "staging")
    landed = land(lake, root, "line")
    assert (landed.files, landed.requests, landed.rows, landed.written) == (1, 2, 3, 3)
    first, second, third = rows(lake)
    assert [one["_row"] for one in (first, second, third)] == [0, 1, None]
    assert (first["a"], first["b"], first["_score"], first["_status"]) == (1.0, 2.0, 8.0, 200)
    assert (second["_request_id"], second["_digest"]) == ("q-1", line.digest)
    assert (third["_status"], third["a"], third["_score"]) == (400, None, None)
    assert {one["_environment"] for one in (first, second, third)} == {"staging"}
    assert first["_time"].tzname() == "UTC"


def test_every_type_keeps_its_values_and_gaps(lake, root, tmp_path):
    fraud = write_bundle(tmp_path / "store", fraud_contents())
    row = {"amount": 3.5, "hour": 4.0, "night": True, "country": None}
    serve(root, fraud, {"q": [row]})
    land(lake, root, "fraud")
    (found,) = rows(lake, "fraud/predictions")
    assert {name: found[name] for name in row} == {**row, "hour": 4}
    assert isinstance(found["hour"], int)
    assert found["_label"] in ("honest", "fraud")


def test_several_classes_keep_every_probability(lake, root, tmp_path):
    iris = write_bundle(tmp_path / "store", iris_contents())
    serve(root, iris, {"q": [{"petal": 0.1}]})
    land(lake, root, "iris")
    (found,) = rows(lake, "iris/predictions")
    assert (found["_label"], len(found["_scores"])) == ("setosa", 3)
    assert found["_score"] == max(found["_scores"])


def test_what_has_landed_is_removed_and_lands_once(lake, root, line, tmp_path):
    serve(root, line, {"q-1": [ROW]})
    shutil.copytree(root, tmp_path / "as it was")
    land(lake, root, "line")
    assert waiting(root, "line") == []
    shutil.copytree(tmp_path / "as it was", root, dirs_exist_ok=True)
    again = land(lake, root, "line")
    assert (again.files, lake.count(TABLE), waiting(root, "line")) == (0, 1, [])


def test_processes_and_bundles_of_one_model_share_a_table(lake, root, line, tmp_path):
    other = write_bundle(tmp_path / "store", line_contents(bias=100.0))
    for number, bundle in enumerate((line, other, line)):
        serve(root, bundle, {f"q-{number}": [ROW]})
    land(lake, root, "line")
    assert [(one["_digest"], one["_score"]) for one in rows(lake)] == [
        (line.digest, 8.0),
        (other.digest, 108.0),
        (line.digest, 8.0),
    ]


def test_a_column_that_comes_later_is_empty_before_and_one_of_another_type_stands_beside(
    lake, root, line, tmp_path
):
    serve(root, line, {"q-1": [ROW]})
    land(lake, root, "line")
    fraud = fraud_contents()
    columns = [one.model_copy(update={"name": "a"}) if one.name == "country" else one
               for one in fraud.signature.columns]  # fmt: skip
    signature = fraud.signature.model_copy(update={"columns": tuple(columns)})
    head = {"format": 1, "requests": 1, "rows": 1, "dropped": 0, "environment": "production"}
    scored = {"features": {"amount": [1.5], "hour": [2], "night": [False], "a": ["de"]},
              "scores": [0.25]}  # fmt: skip
    line_of = {"request_id": "q-2", "time_us": 1, "latency_us": 1, "status": 200, "version": "2",
               "protocol": "infer", "digest": "sha256:other", "scored": scored}  # fmt: skip
    write(root, 1, {**head, "signatures": {"sha256:other": signature.model_dump()}}, line_of)
    land(lake, root, "line")
    before, after = rows(lake)
    assert (before["a"], before["a__string"], before["amount"]) == (1.0, None, None)
    assert (after["a"], after["a__string"], after["hour"]) == (None, "de", 2)


def write(root, sequence, *lines):
    """A file by hand, of a writer of zeros."""
    place = root / "production" / "line"
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{'0' * 16}-{sequence:08d}.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    return path


HEAD = {"format": 1, "requests": 1, "rows": 1, "dropped": 0, "environment": "production",
        "signatures": {}}  # fmt: skip
REFUSED = {"request_id": "q", "time_us": 1, "latency_us": 1, "status": 400, "protocol": "infer",
           "digest": None, "version": None, "scored": None}  # fmt: skip


def test_a_file_that_is_gone_is_told_by_its_number(lake, root):
    for number in (1, 2, 4):
        write(root, number, HEAD, REFUSED)
    assert land(lake, root, "line").gone == (f"{'0' * 16}-00000003",)
    write(root, 5, HEAD, REFUSED)
    assert land(lake, root, "line").gone == ()


@pytest.mark.parametrize("content", [b"", b"no gzip", "cut", "format"])
def test_a_file_that_cannot_be_read_is_set_aside_and_the_others_land(lake, root, content):
    write(root, 1, HEAD, REFUSED)
    bad = write(root, 2, HEAD, REFUSED)
    write(root, 3, HEAD, REFUSED)
    if content == "format":
        write(root, 2, {**HEAD, "format": 99}, REFUSED)
    else:
        bad.write_bytes(bad.read_bytes()[:-4] if content == "cut" else content)
    landed = land(lake, root, "line")
    assert (landed.files, landed.unreadable, landed.gone) == (2, (bad.name,), ())
    assert refused(root, "line") == [f"{bad.name}.unreadable"]
    assert waiting(root, "line") == []


def test_what_is_still_being_written_is_left_alone(lake, root, line):
    serve(root, line, {"q-1": [ROW]})
    (path,) = (root / "production" / "line").iterdir()
    hidden = path.with_name(f".{path.name}.part")
    path.rename(hidden)
    assert land(lake, root, "line").files == 0
    assert hidden.exists()
    os.utime(hidden, (0, 0))
    land(lake, root, "line")
    assert not hidden.exists()


def test_a_run_that_dies_before_it_removes_files_is_completed_by_the_next(lake, root, line):
    serve(root, line, {"q-1": [ROW]})
    files = waiting(root, "line")
    landing_log._land_batch(lake, TABLE, files)
    assert land(lake, root, "line").files == 0
    assert (lake.count(TABLE), waiting(root, "line")) == (1, [])


def test_many_files_land_in_several_commits(lake, root, monkeypatch):
    monkeypatch.setattr(landing_log, "BATCH_FILES", 2)
    for number in range(1, 6):
        write(root, number, {**HEAD, "dropped": number}, REFUSED)
    landed = land(lake, root, "line")
    assert (landed.files, landed.dropped, lake.count(TABLE)) == (5, 15, 5)
    assert lake.version(TABLE) == 2


def test_times_can_be_asked_for(lake, root):
    for number in (1, 2):
        at = {**REFUSED, "request_id": f"q-{number}", "time_us": number * 3_600_000_000}
        write(root, number, HEAD, at)
    land(lake, root, "line")
    where = [("_time", ">=", datetime(1970, 1, 1, 2, tzinfo=UTC))]
    assert lake.read(TABLE, where=where).column("_request_id").to_pylist() == ["q-2"]


def test_a_file_reads_as_it_was_written(root, line):
    serve(root, line, {"q-1": [ROW]}, "staging")
    (file,) = waiting(root, "line")
    logged = read(file)
    assert (logged.environment, logged.rows, logged.dropped) == ("staging", 1, 0)
    assert logged.signatures == {line.digest: line.signature}
