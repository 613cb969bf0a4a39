"""The door while what is live changes: who answers, and what is said of it."""

import asyncio
import json

import pytest

from serving.bundle import write_bundle
from serving.ingress import Ingress
from serving.rollout import Rollout
from serving.settings import ServingSettings
from tests.serving.conftest import INFER, ROW, client_of, rolled_out, tensors, user_config
from tests.support.bundles import line_contents

pytestmark = pytest.mark.anyio


async def test_ready_says_what_is_live_and_what_was_refused(line, tmp_path):
    rollout = await rolled_out(line)
    bad = write_bundle(tmp_path / "bad", line_contents(bias=1.0))
    (bad.folder / "more").touch()
    async with client_of(rollout) as client:
        before = (await client.get("/v2/health/ready")).json()
        await rollout.apply(user_config(bad, "2"))
        after = (await client.get("/v2/health/ready")).json()
    live = {"digest": line.digest, "version": "1", "since": rollout.live.since, "signature": "no"}
    nothing = dict.fromkeys(("warm", "canary", "refused", "log"))
    assert before == {"ready": True, "live": live, "replica": rollout.replica, **nothing}
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


async def test_the_version_before_answers_whoever_names_it_and_nobody_else(line, tmp_path):
    rollout = await rolled_out(line)
    other = write_bundle(tmp_path / "other", line_contents(bias=100.0))
    await rollout.apply(user_config(other, "2"))
    told = {}
    async with client_of(rollout) as client:
        for path in ("", "/versions/2", "/versions/1"):
            answer = await client.post(f"/v2/models/line{path}/infer", json=tensors(a=[1], b=[2]))
            told[path] = answer.headers["x-bundle-digest"], answer.json()["outputs"][0]["data"]
        unknown = await client.post("/v2/models/line/versions/3/infer", json=tensors(a=[1], b=[2]))
    new = (other.digest, [108.0])
    assert told == {"": new, "/versions/2": new, "/versions/1": (line.digest, [8.0])}
    assert "there are: 2, 1" in unknown.json()["error"]


async def test_a_version_that_is_named_answers_though_another_follows_meanwhile(line, tmp_path):
    """The live version answered in its place when the body came after the swap."""
    rollout = await rolled_out(line)
    later = [write_bundle(tmp_path / "o", line_contents(bias=bias)) for bias in (100.0, 200.0)]
    await rollout.apply(user_config(later[0], "2"))

    async def body():
        await rollout.apply(user_config(later[1], "3"))
        yield json.dumps(tensors(a=[1], b=[2])).encode()

    async with client_of(rollout) as client:
        answer = await client.post("/v2/models/line/versions/1/infer", content=body())
    assert answer.headers["x-bundle-digest"] == line.digest
    assert answer.json()["outputs"][0]["data"] == [8.0]


async def test_the_version_before_is_answered_as_short_as_the_live_one(line, tmp_path):
    rollout = await rolled_out(line)
    await rollout.apply(user_config(write_bundle(tmp_path / "o", line_contents(bias=1.0)), "2"))
    scope = {"method": "POST", "headers": [(b"content-length", b"9")]}
    inside = Ingress(rollout, ServingSettings())
    for path in ("", "/versions/2", "/versions/1"):
        assert inside.is_short(scope, f"/v2/models/line{path}/infer")
    assert not inside.is_short(scope, "/v2/models/line/versions/1/nowhere")
