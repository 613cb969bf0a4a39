"""What the door refuses, and how it says so: never a 500 for bad input."""

import asyncio
import gzip
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bundle import write_bundle
from tests.serving.conftest import client_of, rolled_out
from tests.support.bundles import line_contents

pytestmark = pytest.mark.anyio
ROW = {"instances": [{"a": 1, "b": 2}]}
INFER = "/v2/models/line/infer"


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


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nowhere", 404, "no path '/nowhere'; there are: /v2, "),
        ("GET", "http://door/p", 404, "no path ''"),
        ("GET", "/v2/models/other", 404, "no model 'other'; there are: line"),
        ("POST", "/v2/models/other/infer", 404, "no model 'other'"),
        ("GET", "/v2/models/line/versions/2", 404, "no live version '2'; there are: 1"),
        ("POST", "/v2/models/line/versions/2/infer", 404, "no live version '2'"),
        ("GET", "/v2/models/line/versions/1/nowhere", 404, "no path '/v2/models/line/nowhere'"),
        ("GET", "/v2/models/line/versions", 404, "no path"),
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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("content-type", "application/x-www-form-urlencoded", "content type 'application/x-www-fo"),
        ("content-type", "text/json", "content type 'text/json' is not served, send application/j"),
        ("content-type", "", "content type '' is not served"),
        ("content-type", "application/json; charset=latin-1", "send application/json in UTF-8"),
        ("content-encoding", "br", "content encoding 'br' is not served, send gzip, deflate or no"),
        ("content-encoding", "gzip, gzip", "content encoding 'gzip, gzip' is not served"),
    ],
)
@pytest.mark.parametrize("path", [INFER, "/invocations"])
async def test_other_types_charsets_and_encodings_are_refused(path, name, value, said, ask_line):
    answer = await ask_line.post(path, content=b"{}", headers={name: value})
    assert answer.status_code == 415
    assert said in answer.json()["error"]


def gzipped(data: bytes) -> bytes:
    """Without the time of day, which would give the tests other names in every process."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("encoding", "body", "status", "said"),
    [
        ("gzip", gzipped(bytes(10_000_000)), 413, "more than 4096 bytes"),
        ("deflate", zlib.compress(bytes(4097)), 413, "more than 4096 bytes"),
        ("gzip", b"{}", 400, "bytes that are no gzip"),
        ("deflate", gzipped(b"{}"), 400, "bytes that are no deflate"),
        ("gzip", gzipped(b"{}")[:-3], 400, "a gzip stream that ends early"),
        ("gzip", gzipped(b"{") + gzipped(b"}"), 400, "behind the gzip stream"),
    ],
)
async def test_a_packed_body_is_unpacked_within_the_limit_or_refused(
    encoding, body, status, said, line
):
    async with client_of(await rolled_out(line), max_body_bytes=4096) as client:
        content = body[:4096] if status == 413 and len(body) > 4096 else body
        headers = {"content-encoding": encoding}
        answer = await client.post("/invocations", content=content, headers=headers)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text


async def test_invocations_refuse_in_the_form_of_mlflow_too(ask_line):
    answer = (await ask_line.post("/invocations", content=b"{")).json()
    assert answer["message"] == answer["error"]
    assert answer["error_code"] == "BAD_REQUEST"
    answer = (await ask_line.get("/invocations")).json()
    assert answer["error_code"] == "BAD_REQUEST"
    assert "error_code" not in (await ask_line.post(INFER, content=b"{")).json()


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


class Broken:
    def score(self, columns):
        raise RuntimeError("secret detail")


async def test_a_model_that_breaks_gives_json_without_its_trace(line, caplog):
    rollout = await rolled_out(line)
    rollout.live = replace(rollout.live, scorer=Broken())
    async with client_of(rollout) as client:
        answer = await client.post("/invocations", json=ROW, headers={"x-request-id": "q9"})
    assert (answer.status_code, answer.json()["error"]) == (500, "the model failed on request q9")
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


async def test_a_body_that_does_not_come_to_its_end_is_given_up(line):
    async def dribble():
        yield b"{"
        await asyncio.Event().wait()

    async with client_of(await rolled_out(line), body_seconds=0.05) as client:
        answer = await client.post("/invocations", content=dribble())
        assert (answer.status_code, answer.headers["connection"]) == (408, "close")
        assert "not whole within 0.05 s" in answer.json()["error"]
        assert (await client.post("/invocations", json=ROW)).status_code == 200
