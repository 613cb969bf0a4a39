"""The door as a client sees it: every path, every refusal, never a 500 for bad input."""

import asyncio
import json
import time
from dataclasses import replace

import httpx
import jsonschema
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bundle import write_bundle
from serving.ingress import Ingress
from serving.rollout import Rollout
from serving.settings import ServingSettings
from tests.serving.conftest import client_of, rolled_out, user_config
from tests.support.bundles import fraud_contents, iris_contents, line_contents

pytestmark = pytest.mark.anyio

ROW = {"instances": [{"a": 1, "b": 2}]}
INFER = "/v2/models/line/infer"


def tensors(**columns):
    made = [
        {"name": name, "datatype": "FP64", "shape": [len(data)], "data": data}
        for name, data in columns.items()
    ]
    return {"inputs": made}


async def test_the_server_and_the_model_describe_themselves(ask_line, line):
    server = (await ask_line.get("/v2")).json()
    assert (server["name"], server["extensions"]) == ("slipway", [])
    metadata = (await ask_line.get("/v2/models/line")).json()
    assert metadata["inputs"][0] == {"name": "a", "datatype": "FP64", "shape": [-1]}
    assert (await ask_line.get("/v2/models/line/ready")).json() == {"name": "line", "ready": True}
    assert (await ask_line.get("/v2/health/live")).json() == {"live": True}


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


@pytest.mark.parametrize("given_id", ["x" * 129, "two words", "tab\there", "", "naïve"])
async def test_a_request_id_that_cannot_be_kept_is_refused(given_id, ask_line):
    answer = await ask_line.get("/v2", headers={"x-request-id": given_id.encode("latin-1")})
    assert answer.status_code == 400
    assert "expected 1 to 128 visible ASCII characters" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "column", "row"),
    [
        ({"instances": [{"a": 1, "b": "x"}]}, "b", 0),
        ({"instances": [{"a": 1, "b": 1}, {"a": None, "b": 1}]}, "a", 1),
        ({"instances": [{"a": 1}]}, "b", 0),
        ({"instances": [{"a": 1, "b": 2, "c": 3}]}, "c", 0),
        ({"inputs": {"a": [1], "b": [1, 2]}}, "b", None),
        ({"inputs": {"a": [1]}}, "b", None),
        ({"instances": []}, None, None),
        ({"instances": [{"a": 3e38, "b": 3e38}]}, None, 0),
    ],
)
async def test_bad_input_is_named_by_column_and_row(body, column, row, ask_line):
    answer = await ask_line.post("/invocations", json=body)
    assert answer.status_code == 400
    details = answer.json()
    assert (details["column"], details["row"]) == (column, row)
    assert details["got"] in details["error"]
    assert details["expected"] in details["error"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[]", b"null", b'{"instances": NaN}', b'{"a":' * 50_000]
)
@pytest.mark.parametrize("path", [INFER, "/invocations"])
async def test_a_body_that_is_no_json_object_is_refused(path, body, ask_line):
    answer = await ask_line.post(path, content=body)
    assert answer.status_code == 400
    assert "expected" in answer.json()["error"]


async def test_the_unseen_category_of_a_free_string_column_is_scored(ask_fraud, fraud):
    row = {**fraud.golden.rows[0], "country": "atlantis"}
    assert (await ask_fraud.post("/invocations", json={"instances": [row]})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nowhere", 404, "no path '/nowhere'; there are: /v2, "),
        ("GET", "http://door/p", 404, "no path ''"),
        ("GET", "/v2/models/other", 404, "no model 'other'; there are: line"),
        ("POST", "/v2/models/other/infer", 404, "no model 'other'"),
        ("GET", "/v2/models/line/versions/1", 404, "no path"),
        ("GET", INFER, 405, f"'{INFER}' does not take GET, it takes POST"),
        ("DELETE", "/v2/health/ready", 405, "does not take DELETE, it takes GET, HEAD"),
        ("POST", "/openapi.json", 405, "does not take POST"),
    ],
)
async def test_other_paths_and_methods_are_refused(method, path, status, said, ask_line):
    answer = await ask_line.request(method, path)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize("media", ["text/csv", "application/x-www-form-urlencoded", "text/json"])
async def test_other_content_types_are_refused(media, ask_line):
    answer = await ask_line.post("/invocations", content=b"{}", headers={"content-type": media})
    assert answer.status_code == 415
    assert answer.json()["error"] == f"content type '{media}' is not served, send application/json"


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_json_with_a_charset_and_in_capitals(media, ask_line):
    body = orjson.dumps(ROW)
    answer = await ask_line.post("/invocations", content=body, headers={"content-type": media})
    assert answer.status_code == 200


async def test_a_body_over_the_limit_is_refused_by_its_length_and_by_its_bytes(line):
    async def endless():
        while True:
            yield b" " * 1024

    async with client_of(await rolled_out(line), max_body_bytes=4096) as client:
        for content in (b" " * 4097, endless()):
            answer = await client.post("/invocations", content=content)
            assert answer.status_code == 413
            assert "more than 4096 bytes" in answer.json()["error"]
        headers = {"content-length": "9" * 5000}
        assert (await client.post("/invocations", content=b"", headers=headers)).status_code == 413


async def test_more_rows_than_allowed_are_refused(line):
    async with client_of(await rolled_out(line), max_rows=2) as client:
        answer = await client.post("/invocations", json={"instances": [{"a": 1, "b": 1}] * 3})
    assert answer.status_code == 413
    assert "SLIPWAY_MAX_ROWS" in answer.json()["error"]


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


async def test_ready_says_what_is_live_and_what_was_refused(line, tmp_path):
    rollout = await rolled_out(line)
    bad = write_bundle(tmp_path / "bad", line_contents(bias=1.0))
    (bad.folder / "more").touch()
    async with client_of(rollout) as client:
        before = (await client.get("/v2/health/ready")).json()
        await rollout.apply(user_config(bad, "2"))
        after = (await client.get("/v2/health/ready")).json()
    live = {"digest": line.digest, "version": "1", "since": rollout.live.since}
    assert before == {"ready": True, "live": live, "refused": None}
    assert after["live"] == live
    assert after["refused"]["digest"] == bad.digest
    assert after["refused"]["reason"].startswith("UnexpectedFile: file 'more'")


async def test_a_door_without_a_model_is_alive_but_not_ready():
    async with client_of(Rollout("line")) as client:
        assert (await client.get("/v2/health/live")).status_code == 200
        ready = await client.get("/v2/health/ready")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        assert (await client.get("/v2/models/line/ready")).status_code == 503
        for answer in (await client.post(INFER, json=ROW), await client.get("/openapi.json")):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["x-bundle-digest"] == "none"


async def test_the_answer_comes_from_the_model_that_its_header_names(line, tmp_path):
    rollout = await rolled_out(line)
    other = write_bundle(tmp_path / "other", line_contents(bias=100.0))
    truth = {line.digest: 8.0, other.digest: 108.0}
    async with client_of(rollout) as client:
        for bundle in (other, line, other):
            swap = asyncio.ensure_future(rollout.apply(user_config(bundle)))
            while not swap.done():
                answer = await client.post("/invocations", json=ROW)
                expected = truth[answer.headers["x-bundle-digest"]]
                assert answer.json() == {"predictions": [expected]}
                await asyncio.sleep(0)


async def test_an_injected_fault_delays_answers_of_the_model_only(line):
    rollout = await rolled_out(line, fault={"delay_ms": 200})
    async with client_of(rollout) as client:
        start = time.monotonic()
        await client.get("/v2/health/ready")
        between = time.monotonic()
        await client.post("/invocations", json=ROW)
    assert time.monotonic() - between >= 0.2 > between - start


class Broken:
    def score(self, columns):
        raise RuntimeError("secret detail")


async def test_a_model_that_breaks_gives_json_without_its_trace(line, caplog):
    rollout = await rolled_out(line)
    rollout.live = replace(rollout.live, scorer=Broken())
    async with client_of(rollout) as client:
        answer = await client.post("/invocations", json=ROW, headers={"x-request-id": "q9"})
    assert (answer.status_code, answer.json()) == (500, {"error": "the model failed on request q9"})
    assert "secret detail" in caplog.text


WORDS = (
    "a b inputs instances dataframe_split columns data shape datatype name FP64 outputs score id"
)
SCRAPS = st.sampled_from(WORDS.split())
DOCUMENTS = st.recursive(
    SCRAPS | st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCRAPS, inner, max_size=4),
    max_leaves=25,
)


@pytest.fixture(scope="module")
def open_door(tmp_path_factory):
    bundle = write_bundle(tmp_path_factory.mktemp("store"), line_contents())
    return asyncio.run(rolled_out(bundle))


@given(document=DOCUMENTS, path=st.sampled_from([INFER, "/invocations"]))
async def test_no_document_gets_more_than_a_refusal(document, path, open_door):
    async with client_of(open_door) as client:
        answer = await client.post(path, content=json.dumps(document))
    assert answer.status_code in (200, 400)
    assert ("error" in answer.json()) == (answer.status_code == 400)


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
    door = Ingress(await rolled_out(line), ServingSettings(), names_requests=False)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(door), base_url="http://d"
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


@pytest.mark.parametrize("contents", [line_contents, fraud_contents, iris_contents])
async def test_every_example_of_the_openapi_document_is_valid_and_answered(contents, tmp_path):
    client = client_of(await rolled_out(write_bundle(tmp_path, contents())))
    document = (await client.get("/openapi.json")).json()
    assert document["servers"] == [{"url": "/p"}]
    posts = {path: item["post"] for path, item in document["paths"].items() if "post" in item}
    assert len(posts) == 2
    for path, operation in posts.items():
        media = operation["requestBody"]["content"]["application/json"]
        answered = operation["responses"]["200"]["content"]["application/json"]["examples"]
        for example in media["examples"].values():
            jsonschema.validate(example["value"], {**document, **media["schema"]})
            answer = await client.post(path, json=example["value"])
            assert answer.status_code == 200
            assert answer.json().keys() == answered["golden"]["value"].keys()


async def test_every_path_of_the_openapi_document_exists(ask_line):
    document = (await ask_line.get("/openapi.json")).json()
    for path, item in document["paths"].items():
        for method in item:
            answer = await ask_line.request(method, path, json=ROW if method == "post" else None)
            assert answer.status_code in (200, 400), path


async def test_the_openapi_schema_knows_nulls_and_refuses_unknown_columns(ask_fraud, fraud):
    schemas = (await ask_fraud.get("/openapi.json")).json()
    row = dict(fraud.golden.rows[0])
    schema = {**schemas, "$ref": "#/components/schemas/Row"}
    jsonschema.validate({**row, "country": None}, schema)
    for bad in ({**row, "amount": None}, {**row, "more": 1}, {**row, "hour": 1.5}):
        with pytest.raises(jsonschema.ValidationError, match=r"is not of type|was unexpected"):
            jsonschema.validate(bad, schema)
