"""The prediction log: the real door, the real thread, real files."""

import gzip
import logging
import threading
import time

import httpx
import numpy as np
import orjson
import pytest

from serving import prediction_log
from serving.ingress import Ingress
from serving.prediction_log import PredictionLog, environment_of, sampled
from serving.settings import ServingSettings
from tests.serving.conftest import rolled_out

pytestmark = pytest.mark.anyio
HOUR = 3600.0
ROW = {"instances": [{"a": 1, "b": 2}]}


@pytest.fixture
def log(tmp_path):
    made = PredictionLog(tmp_path / "log", "line", "staging", flush_seconds=HOUR)
    yield made
    made.close()


def asking(rollout, log):
    transport = httpx.ASGITransport(Ingress(rollout, ServingSettings(), log))
    return httpx.AsyncClient(transport=transport, base_url="http://door")


def written(log):
    """The head and the lines of each file, in the order of writing."""
    files = [gzip.decompress(path.read_bytes()) for path in sorted(log.folder.glob("*.gz"))]
    return [[orjson.loads(line) for line in file.splitlines()] for file in files]


async def ask(client, name, document=ROW, path="/invocations"):
    return await client.post(path, json=document, headers={"x-request-id": name})


async def test_each_answer_is_one_line_with_what_was_asked_and_scored(line, log):
    async with asking(await rolled_out(line), log) as client:
        await ask(client, "q-1", {"instances": [{"a": 1, "b": 2}, {"a": 0, "b": -1}]})
    log.close()
    ((head, found),) = written(log)
    assert (head["model"], head["environment"]) == ("line", "staging")
    assert (head["sequence"], head["requests"], head["rows"], head["dropped"]) == (1, 1, 2, 0)
    assert head["signatures"][line.digest]["columns"][0]["type"] == "float"
    assert abs(found["time_us"] / 1e6 - time.time()) < HOUR
    assert found["latency_us"] > 0
    assert (found["request_id"], found["status"], found["protocol"]) == ("q-1", 200, "invocations")
    assert (found["digest"], found["version"]) == (line.digest, "1")
    assert found["scored"] == {"features": {"a": [1, 0], "b": [2, -1]}, "scores": [8.0, -3.0]}


async def test_missing_values_words_and_truth_values_are_kept(fraud, tmp_path):
    log = PredictionLog(tmp_path / "log", "fraud", "production", flush_seconds=HOUR)
    row = {"amount": 3.5, "hour": 4, "night": True, "country": None}
    async with asking(await rolled_out(fraud), log) as client:
        await ask(client, "q-1", {"instances": [row, {**row, "country": "de"}]})
    log.close()
    ((_, found),) = written(log)
    features = {name: [value, value] for name, value in row.items()}
    assert found["scored"]["features"] == {**features, "country": [None, "de"]}


def test_arrays_are_written_like_lists():
    columns = {"a": np.array([1.5, np.nan]), "b": np.array(["x", None], dtype=object)}
    written = orjson.loads(prediction_log.scored(columns, np.array([[0.5, 0.5], [1, 0]])).json)
    assert written == {
        "features": {"a": [1.5, None], "b": ["x", None]},
        "scores": [[0.5, 0.5], [1.0, 0.0]],
    }


async def test_refused_requests_are_logged_without_what_they_held(line, log):
    async with asking(await rolled_out(line), log) as client:
        await ask(client, "q-1", {"instances": [{"a": "secret", "b": 2}]})
        await ask(client, "q-2", path="/v2/models/line/infer")
        await ask(client, "q-3", path="/nowhere")
        await client.get("/v2")
    log.close()
    ((_, *found),) = written(log)
    assert [(one["request_id"], one["status"], one["protocol"]) for one in found] == [
        ("q-1", 400, "invocations"),
        ("q-2", 400, "infer"),
    ]
    assert {one["scored"] for one in found} == {None}
    assert "secret" not in str(found)


async def test_a_caller_may_leave_the_rest_to_the_thread_and_close_at_the_end(line, tmp_path):
    log = PredictionLog(tmp_path / "log", "line", "staging", flush_seconds=0.01)
    door = Ingress(await rolled_out(line), ServingSettings(), log)
    events = iter(["lifespan.startup", "lifespan.shutdown"])
    sent = []

    async def receive():
        return {"type": next(events)}

    async def send(message):
        sent.append(message["type"])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://d") as one:
        for number in range(200):
            await ask(one, f"q-{number}")
    await door({"type": "lifespan"}, receive, send)
    files = written(log)
    assert [head["sequence"] for head, *_ in files] == list(range(1, len(files) + 1))
    assert [found["request_id"] for _, *rest in files for found in rest] == [
        f"q-{number}" for number in range(200)
    ]
    assert sent[-1] == "lifespan.shutdown.complete"


async def test_a_full_queue_drops_and_counts_and_answers_all_the_same(line, log, monkeypatch):
    monkeypatch.setattr(prediction_log, "MOST_REQUESTS", 2)
    async with asking(await rolled_out(line), log) as client:
        answers = [await ask(client, f"q-{number}") for number in range(5)]
        ready = (await client.get("/v2/health/ready")).json()
    assert {answer.status_code for answer in answers} == {200}
    assert ready["log"] == {"written": 0, "waiting": 2, "dropped": 3, "problem": None}
    log.close()
    ((head, *found),) = written(log)
    assert (head["dropped"], len(found)) == (3, 2)


async def test_a_queue_of_large_bodies_is_full_before_it_is_long(line, log, monkeypatch):
    monkeypatch.setattr(prediction_log, "MOST_BYTES", 1000)
    async with asking(await rolled_out(line), log) as client:
        await ask(client, "q-1", {"inputs": {"a": [1] * 500, "b": [2] * 500}})
        await ask(client, "q-2")
    assert log.dropped == 1


async def test_many_requests_are_written_before_their_time(line, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction_log, "FLUSH_REQUESTS", 3)
    renamed = threading.Event()
    whole = prediction_log._write_whole
    monkeypatch.setattr(prediction_log, "_write_whole", lambda *file: (whole(*file), renamed.set()))
    log = PredictionLog(tmp_path / "log", "line", "staging", flush_seconds=HOUR)
    async with asking(await rolled_out(line), log) as client:
        for number in range(4):
            await ask(client, f"q-{number}")
    assert renamed.wait(60)
    log.close()
    assert [len(rest) for _, *rest in written(log)] == [3, 1]


async def test_a_folder_that_cannot_be_written_is_counted_and_said_once(line, tmp_path, caplog):
    (tmp_path / "log").write_text("a file where a folder should be")
    log = PredictionLog(tmp_path / "log", "line", "staging", flush_seconds=0.001)
    with caplog.at_level(logging.ERROR):
        async with asking(await rolled_out(line), log) as client:
            for number in range(50):
                assert (await ask(client, f"q-{number}")).status_code == 200
        log.close()
    assert log.dropped == 50
    assert log.state["problem"].startswith(("NotADirectoryError", "FileExistsError"))
    assert len(caplog.records) == 1


async def test_when_the_folder_is_back_the_next_file_tells_how_many_were_dropped(line, tmp_path):
    blocked = tmp_path / "log"
    blocked.write_text("")
    log = PredictionLog(blocked, "line", "staging", flush_seconds=HOUR)
    async with asking(await rolled_out(line), log) as client:
        await ask(client, "lost")
        log._flush()
        blocked.unlink()
        await ask(client, "kept")
    log.close()
    ((head, found),) = written(log)
    assert (head["sequence"], head["dropped"], found["request_id"]) == (1, 1, "kept")
    assert log.state["problem"] is None


async def test_nothing_half_written_has_the_name_of_a_file(line, log):
    async with asking(await rolled_out(line), log) as client:
        await ask(client, "q-1")
    log.close()
    (path,) = log.folder.iterdir()
    assert path.name == f"{log._writer}-00000001.jsonl.gz"


async def test_a_sample_is_taken_by_the_id(line, tmp_path):
    log = PredictionLog(tmp_path / "log", "line", "staging", sample=0.3, flush_seconds=HOUR)
    names = [f"q-{number}" for number in range(300)]
    async with asking(await rolled_out(line), log) as client:
        for name in names:
            await ask(client, name)
    log.close()
    ((head, *found),) = written(log)
    assert [one["request_id"] for one in found] == [name for name in names if sampled(name, 0.3)]
    assert (head["sample"], head["dropped"]) == (0.3, 0)
    assert 60 < len(found) < 120


def test_a_larger_sample_holds_the_smaller_one():
    names = [f"q-{number}" for number in range(1000)]
    small, large = ({name for name in names if sampled(name, share)} for share in (0.1, 0.5))
    assert small < large
    assert not any(sampled(name, 0.0) for name in names)


@pytest.mark.parametrize(
    ("application", "environment"),
    [("fraud", "production"), ("staging-fraud", "staging"), ("pre-prod-fraud", "pre-prod")],
)
def test_the_environment_is_told_from_the_name_of_the_application(application, environment):
    assert environment_of(application, "fraud") == environment
