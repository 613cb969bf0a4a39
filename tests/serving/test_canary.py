"""A candidate answers its share, is compared on all, and never makes a caller worse off."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from serving.asgi import Asked
from serving.bodies import JSON
from serving.bundle import Bundle, write_bundle
from serving.errors import Overloaded
from serving.ingress import Ingress
from serving.patience import FEW
from serving.prediction_log import PredictionLog
from serving.rollout import Rollout
from serving.settings import ServingSettings
from serving.signature import Column
from tests.serving.beside import (
    CANDIDATE,
    ROW,
    STABLE,
    ask,
    beside,
    choosy_parts,
    pairs,
    state,
    walking,
)
from tests.serving.conftest import client_of, user_config
from tests.support.bundles import LINE, line_contents, skops_line

pytestmark = pytest.mark.anyio


@pytest.fixture
def candidate(tmp_path: Path) -> Bundle:
    return write_bundle(tmp_path / "store", line_contents(bias=100.0))


@pytest.fixture
def choosy(tmp_path: Path) -> Bundle:
    """A candidate that takes only rows with a = 7."""
    columns = (Column(name="a", type="string", nullable=False, categories=("7",)), LINE.columns[1])
    contents = line_contents()
    return write_bundle(tmp_path / "store", replace(contents, **choosy_parts(contents, columns)))


async def test_a_candidate_answers_its_share_under_its_own_name(line, candidate):
    async with client_of(await walking(line, candidate, 0.25)) as client:
        answers = Counter([await ask(client, number) for number in range(400)])
        told = (await state(client))["canary"]
    assert set(answers) == {("1", 8.0), ("2", 108.0)}
    assert 60 < answers["2", 108.0] < 140
    assert told["candidate"]["requests"] == answers["2", 108.0]
    assert told["stable"]["requests"] == answers["1", 8.0]
    assert sum(count for _, count in told["stable"]["latency_us"]) == answers["1", 8.0]


@pytest.mark.parametrize(("weight", "version"), [(0.0, "1"), (1.0, "2")])
async def test_none_and_all_are_shares_too(weight, version, line, candidate):
    async with client_of(await walking(line, candidate, weight)) as client:
        assert {(await ask(client, number))[0] for number in range(50)} == {version}


async def test_a_key_meets_the_same_version_whatever_the_request(line, candidate):
    rollout = await walking(line, candidate, 0.5)
    async with client_of(rollout, canary_key="X-Customer") as client:
        met = [
            {(await ask(client, n, **{"x-customer": f"c{c}"}))[0] for n in range(5)}
            for c in range(40)
        ]
        without = {(await ask(client, number))[0] for number in range(40)}
    assert all(len(versions) == 1 for versions in met)
    assert set.union(*met) == without == {"1", "2"}


async def test_who_met_the_candidate_meets_it_at_every_larger_weight(line, candidate):
    met = []
    for weight in (0.1, 0.3, 0.9):
        canary = (await walking(line, candidate, weight)).canary
        met.append({key for key in map(str, range(500)) if canary.chosen(key) is canary.candidate})
    assert met[0] < met[1] < met[2]


async def test_other_candidates_meet_other_callers(line, candidate, tmp_path):
    other = write_bundle(tmp_path / "store", line_contents(bias=1.0))
    met = []
    for bundle in (candidate, other):
        canary = (await walking(line, bundle, 0.2)).canary
        met.append({key for key in map(str, range(500)) if canary.chosen(key) is canary.candidate})
    assert not met[0] <= met[1]
    assert not met[1] <= met[0]


async def test_a_version_in_the_path_is_the_version_that_answers(line, candidate):
    body = {"inputs": [{"name": n, "datatype": "FP64", "shape": [1], "data": [1]} for n in "ab"]}
    async with client_of(await walking(line, candidate, 0.5)) as client:
        for version, score in (("1", 5.0), ("2", 105.0)):
            for _ in range(10):
                answer = await client.post(f"/v2/models/line/versions/{version}/infer", json=body)
                assert answer.json()["model_version"] == version
                assert answer.json()["outputs"][0]["data"] == [score]
        unknown = await client.post("/v2/models/line/versions/3/infer", json=body)
    assert unknown.status_code == 404


async def test_what_is_asked_about_a_version_is_told_of_that_version(line, candidate):
    async with client_of(await walking(line, candidate, 0.5)) as client:
        for version, bundle in (("1", line), ("2", candidate)):
            told = await client.get(f"/v2/models/line/versions/{version}")
            ready = await client.get(f"/v2/models/line/versions/{version}/ready")
            assert told.json()["versions"] == [version]
            for answer in (told, ready):
                named = answer.headers["x-model-version"], answer.headers["x-bundle-digest"]
                assert named == (version, bundle.digest)
        assert (await client.get("/v2/models/line")).json()["versions"] == ["1"]


async def test_what_is_scored_behind_an_answer_is_neither_written_down_nor_kept_whole(
    line, candidate, tmp_path
):
    rollout = await walking(line, candidate, 0.0)
    log = PredictionLog(tmp_path / "log", "line", "staging", flush_seconds=3600.0)
    offered = []
    rollout.canary._behind.offer = lambda work, size: offered.append((work, size))
    transport = httpx.ASGITransport(Ingress(rollout, ServingSettings(), log))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        asked = await client.post("/invocations", json=ROW)
    written = []
    log.scored = lambda *known: written.append(known)
    ((work, size),) = offered
    work()
    log.close()
    assert rollout.canary.told()["pairs"]["disagreed"] == 1
    assert (written, size) == ([], len(asked.request.content) + 8)


async def test_what_the_candidate_cannot_answer_the_stable_version_does(line, choosy):
    async with client_of(await walking(line, choosy, 1.0)) as client:
        assert {await ask(client, number) for number in range(20)} == {("1", 8.0)}
        told = (await state(client))["canary"]["candidate"]
    assert (told["requests"], told["errors"]) == (20, 20)


async def test_a_candidate_that_fails_does_not_let_more_in_than_can_be_answered(line, choosy):
    async with client_of(await walking(line, choosy, 1.0), max_wait_ms=0.0001) as client:
        asked = [client.post("/invocations", json=ROW) for _ in range(FEW + 5)]
        answers = Counter(one.status_code for one in await asyncio.gather(*asked))
    assert answers == {200: FEW, 503: 5}


async def test_that_there_is_no_turn_is_no_fault_of_the_candidate(line, candidate):
    canary = (await walking(line, candidate, 1.0)).canary

    async def refuse(version):
        raise Overloaded(0.1)

    asked = Asked({}, JSON, b"", "r1")
    with pytest.raises(Overloaded, match="more is asked than can be answered"):
        await canary.answer(canary.candidate, asked, refuse, lambda version: None)
    assert canary.told()["candidate"]["requests"] == 0


async def test_a_request_is_short_only_if_both_versions_answer_it_at_once(line, tmp_path):
    slow = write_bundle(tmp_path / "store", skops_line())
    scope = {"method": "POST", "headers": [(b"content-length", b"20")]}
    for candidate, short in ((line_like(line), True), (slow, False)):
        rollout = await walking(line, candidate, 0.5)
        door = Ingress(rollout, ServingSettings())
        assert door.is_short(scope, "/invocations") is short


async def test_a_request_that_nobody_can_answer_is_the_callers_fault(line, candidate):
    async with client_of(await walking(line, candidate, 0.5)) as client:
        answers = [await client.post("/invocations", content=b"{") for _ in range(40)]
        told = (await state(client))["canary"]
    assert {answer.status_code for answer in answers} == {400}
    assert (told["stable"]["errors"], told["candidate"]["errors"]) == (0, 0)


@pytest.mark.parametrize("weight", [0.0, 1.0])
async def test_both_versions_score_each_request_and_one_is_returned(weight, line, candidate):
    rollout = await walking(line, candidate, weight)
    async with client_of(rollout) as client:
        for number in range(30):
            await ask(client, number)
    found = await pairs(rollout, 30)
    assert (found["rows"], found["disagreed"], found["failures"]) == (30, 30, 0)
    assert (found["stable"], found["shift"]) == (30 * 8.0, 30 * 100.0)
    assert (found["stable_squares"], found["shift_squares"]) == (30 * 64.0, 30 * 100.0**2)
    assert found["shadowed"] == (0 if weight else 30)


async def test_what_only_the_stable_version_can_answer_is_counted_behind_it_too(line, choosy):
    rollout = await walking(line, choosy, 0.0)
    async with client_of(rollout) as client:
        for number in range(10):
            await ask(client, number)
    found = await pairs(rollout, 10)
    assert (found["failures"], found["shadowed"], found["rows"]) == (10, 10, 0)


async def test_without_a_shadow_nothing_is_scored_twice(line, candidate):
    async with client_of(await walking(line, candidate, 0.5, shadow=0.0)) as client:
        for number in range(10):
            await ask(client, number)
        found = (await state(client))["canary"]["pairs"]
    assert (found["requests"], found["waiting"], found["dropped"]) == (0, 0, 0)


async def test_when_it_is_over_the_candidate_answers_all_and_is_not_loaded_again(line, candidate):
    rollout = await walking(line, candidate, 0.5)
    scorer = rollout.canary.candidate.scorer
    await rollout.apply(user_config(candidate, CANDIDATE))
    assert rollout.live.scorer is scorer
    assert (rollout.canary, rollout.warm.digest) == (None, line.digest)


async def test_a_candidate_that_is_taken_back_is_gone_at_once(line, candidate):
    rollout = await walking(line, candidate, 1.0)
    stable = rollout.live
    await rollout.apply(user_config(line, STABLE))
    assert (rollout.live.scorer, rollout.canary) == (stable.scorer, None)


async def test_each_weight_begins_with_figures_of_its_own_and_the_same_one_does_not(
    line, candidate
):
    rollout = await walking(line, candidate, 0.5)
    first = rollout.canary
    await rollout.apply(beside(line, candidate, 0.5))
    assert rollout.canary is first
    await rollout.apply(beside(line, candidate, 0.75))
    assert rollout.canary is not first
    assert rollout.canary.candidate.scorer is first.candidate.scorer


async def test_a_candidate_that_cannot_be_loaded_is_refused_by_name(line, candidate):
    rollout = await walking(line, line_like(line), 0.5)
    (candidate.folder / "model.onnx").write_bytes(b"x")
    await rollout.apply(beside(line, candidate, 0.5))
    assert rollout.refused.digest == candidate.digest
    assert rollout.refused.reason.startswith("CorruptFile: ")
    assert rollout.canary.candidate.digest != candidate.digest


def line_like(line: Bundle) -> Bundle:
    return write_bundle(line.folder.parent, line_contents(bias=1.0))


async def test_a_candidate_must_be_another_bundle(line):
    rollout = Rollout("line")
    await rollout.apply(user_config(line))
    await rollout.apply(beside(line, line, 0.5))
    assert "canary.bundle is the same as bundle" in rollout.refused.reason


async def test_a_slow_candidate_is_slow_for_its_own_callers_alone(line, candidate):
    rollout = await walking(line, candidate, 0.5, fault={"delay_ms": 30})
    async with client_of(rollout) as client:
        for number in range(20):
            await ask(client, number)
        told = (await state(client))["canary"]
    assert min(bound for bound, _ in told["candidate"]["latency_us"]) >= 30_000
    assert rollout.live.delay == 0.0
