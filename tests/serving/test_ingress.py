"""The door as a client sees it: every path and every header."""

import asyncio
import gzip
import time
import zlib

import httpx
import orjson
import pandas as pd
import pyarrow as pa
import pytest

from serving.access.guard import Guard
from serving.bodies import ARROW, JSON
from serving.door import Door, Unnamed
from serving.ingress import Ingress
from serving.rollout import Rollout
from serving.settings import ServingSettings
from tests.serving.conftest import INFER, ROW, client_of, rolled_out, tensors
from tests.support.arrow import stream

pytestmark = pytest.mark.anyio


async def test_the_server_and_the_model_describe_themselves(ask_line, line):
    server = (await ask_line.get("/v2")).json()
    assert (server["name"], server["extensions"]) == ("slipway", ["binary_tensor_data"])
    metadata = (await ask_line.get("/v2/models/line")).json()
    assert metadata["inputs"][0] == {"name": "a", "datatype": "FP64", "shape": [-1]}
    assert (await ask_line.get("/v2/models/line/ready")).json() == {"name": "line", "ready": True}
    assert (await ask_line.get("/v2/health/live")).json() == {"live": True}


@pytest.mark.parametrize("path", ["/v2/models/line", "/v2/models/line/ready"])
async def test_the_live_version_may_be_named_in_the_path(path, ask_line):
    versioned = path.replace("/line", "/line/versions/1")
    assert (await ask_line.get(versioned)).json() == (await ask_line.get(path)).json()
    infer = await ask_line.post("/v2/models/line/versions/1/infer", json=tensors(a=[1], b=[2]))
    assert infer.json()["outputs"][0]["data"] == [8.0]


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
async def test_a_packed_body_is_read_like_any_other(encoding, pack, ask_line):
    headers = {"content-encoding": encoding}
    content = pack(orjson.dumps(ROW))
    answer = await ask_line.post("/invocations", content=content, headers=headers)
    assert answer.json() == {"predictions": [8.0]}


async def test_infer_answers_with_tensors_under_the_id_of_the_request(ask_line):
    answer = await ask_line.post(INFER, json={**tensors(a=[1, 0], b=[2, 1]), "id": "q1"})
    assert answer.json() == {
        "model_name": "line",
        "model_version": "1",
        "id": "q1",
        "outputs": [{"name": "score", "datatype": "FP64", "shape": [2], "data": [8.0, 3.0]}],
    }


async def test_invocations_answer_with_predictions(ask_line):
    assert (await ask_line.post("/invocations", json=ROW)).json() == {"predictions": [8.0]}


async def test_invocations_take_csv(ask_fraud, fraud):
    rows = [dict(row) for row in fraud.golden.rows]
    content = pd.DataFrame(rows).to_csv(index=False)
    headers = {"content-type": "text/csv; charset=UTF-8"}
    answer = await ask_fraud.post("/invocations", content=content, headers=headers)
    assert answer.json() == (await ask_fraud.post("/invocations", json={"instances": rows})).json()


@pytest.mark.parametrize(
    ("accept", "media"),
    [("*/*", ARROW), (f"text/html, {ARROW};q=0.9", ARROW), ("application/json", JSON)],
)
async def test_invocations_take_arrow_and_answer_with_what_is_accepted(
    accept, media, ask_fraud, fraud
):
    rows = [dict(row) for row in fraud.golden.rows]
    headers = {"content-type": ARROW, "accept": accept}
    content = stream(pa.Table.from_pylist(rows))
    answer = await ask_fraud.post("/invocations", content=content, headers=headers)
    assert answer.headers["content-type"] == media
    told = (await ask_fraud.post("/invocations", json={"instances": rows})).json()["predictions"]
    if media == ARROW:
        assert pa.ipc.open_stream(answer.content).read_all().to_pylist() == told
    else:
        assert answer.json() == {"predictions": told}


async def test_a_small_request_may_ask_for_arrow(ask_line):
    answer = await ask_line.post("/invocations", json=ROW, headers={"accept": ARROW})
    assert pa.ipc.open_stream(answer.content).read_all().to_pydict() == {"score": [8.0]}


async def test_ping_health_and_version_answer_as_with_mlflow(ask_line):
    assert (await ask_line.get("/ping")).status_code == 200
    assert (await ask_line.get("/health")).content == b"\n"
    assert (await ask_line.get("/version")).text == (await ask_line.get("/v2")).json()["version"]
    async with client_of(Rollout("line")) as client:
        assert (await client.get("/ping")).status_code == 503


async def test_both_protocols_give_the_same_score(ask_fraud, fraud):
    rows = [dict(row) for row in fraud.golden.rows]
    example = (await ask_fraud.get("/openapi.json")).json()["paths"]
    infer = example["/v2/models/fraud/infer"]["post"]["requestBody"]["content"]
    body = infer["application/json"]["examples"]["golden"]["value"]
    scores = (await ask_fraud.post("/v2/models/fraud/infer", json=body)).json()["outputs"][0][
        "data"
    ]
    frame = (await ask_fraud.post("/invocations", json={"instances": rows})).json()["predictions"]
    assert scores == [prediction["score"] for prediction in frame][: len(scores)]
    assert scores == pytest.approx(fraud.golden.scores[: len(scores)], abs=fraud.golden.tolerance)


async def test_a_multiclass_model_answers_with_label_and_probabilities(ask_iris):
    body = {"inputs": {"petal": [0.1]}}
    prediction = (await ask_iris.post("/invocations", json=body)).json()["predictions"][0]
    assert prediction["label"] == "setosa"
    assert sum(prediction["score"]) == pytest.approx(1)


@pytest.mark.parametrize("path", ["/v2", "/nowhere", "/v2/health/ready", "/openapi.json", INFER])
async def test_every_answer_names_version_digest_and_request(path, ask_line, line):
    answer = await ask_line.get(path, headers={"x-request-id": "my-request"})
    assert answer.headers["x-model-version"] == "1"
    assert answer.headers["x-bundle-digest"] == line.digest
    assert answer.headers["x-request-id"] == "my-request"
    assert answer.headers["content-type"] == "application/json"


async def test_a_request_without_an_id_gets_one_of_its_own(ask_line):
    first, second = [await ask_line.post(INFER, json=tensors(a=[1], b=[1])) for _ in range(2)]
    assert first.json()["id"] == first.headers["x-request-id"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_the_unseen_category_of_a_free_string_column_is_scored(ask_fraud, fraud):
    row = {**fraud.golden.rows[0], "country": "atlantis"}
    assert (await ask_fraud.post("/invocations", json={"instances": [row]})).status_code == 200


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_json_with_a_charset_and_in_capitals(media, ask_line):
    body = orjson.dumps(ROW)
    answer = await ask_line.post("/invocations", content=body, headers={"content-type": media})
    assert answer.status_code == 200


async def test_a_large_body_is_scored_too(ask_line):
    columns = {"a": [1.0] * 5000, "b": [2.0] * 5000}
    answer = await ask_line.post("/invocations", json={"inputs": columns})
    assert answer.json() == {"predictions": [8.0] * 5000}


async def test_a_body_in_pieces_is_put_together(ask_line):
    async def pieces():
        body = orjson.dumps(ROW)
        yield body[:7]
        yield b""
        yield body[7:]

    assert (await ask_line.post("/invocations", content=pieces())).json() == {"predictions": [8.0]}


async def test_an_injected_fault_delays_answers_of_the_model_only(line):
    async with client_of(await rolled_out(line, fault={"delay_ms": 60_000})) as client:
        async with asyncio.timeout(50):
            await client.get("/v2/health/ready")
    async with client_of(await rolled_out(line, fault={"delay_ms": 200})) as client:
        begun = time.monotonic()
        await client.post("/invocations", json=ROW)
    assert time.monotonic() - begun >= 0.2


async def test_head_has_the_headers_of_get_and_no_body(ask_line):
    head, get = await ask_line.head("/v2"), await ask_line.get("/v2")
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


async def test_a_caller_that_leaves_is_let_go(line):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": []}
    await Ingress(await rolled_out(line), ServingSettings())(scope, receive, send)
    assert sent == []


async def test_the_server_around_may_name_requests_itself(line):
    rollout = await rolled_out(line)
    inside = Ingress(rollout, ServingSettings())
    door = Door(inside, rollout, Guard("line", None), meter=inside.meter)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Unnamed(door)), base_url="http://d"
    ) as client:
        assert "x-request-id" not in (await client.get("/v2")).headers


async def test_lifespan_and_websockets_are_answered():
    sent = []
    events = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive():
        return {"type": next(events)}

    async def send(message):
        sent.append(message["type"])

    door = Ingress(Rollout("line"), ServingSettings())
    await door({"type": "lifespan"}, receive, send)
    await door({"type": "websocket"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]
