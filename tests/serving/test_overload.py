"""Beyond capacity: refused quickly and told so, and answered again as soon as there is room."""

import asyncio
import threading
from collections import Counter

import httpx
import orjson
import pytest

from serving.bundle import write_bundle
from serving.errors import Overloaded
from serving.ingress import Ingress
from serving.patience import FEW, THREADS, Pool, Turns
from serving.settings import ServingSettings
from tests.serving.conftest import client_of, rolled_out, user_config
from tests.support.bundles import line_contents
from tests.support.door import door, listening

pytestmark = pytest.mark.anyio
ROW = {"instances": [{"a": 1, "b": 2}]}
NEVER, ALWAYS = 0.0001, 60_000
MOST = THREADS + FEW


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def slow(turns, clock, seconds):
    """A request that is scored for so long."""

    async def take():
        turns.take()
        clock.now += seconds

    return take()


async def test_what_comes_late_in_a_long_pass_of_the_loop_is_refused():
    clock = Clock()
    turns = Turns(16.0, clock=clock)
    asked = [slow(turns, clock, 0.5) for _ in range(50)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert found[:33] == [None] * 33
    assert all(isinstance(one, Overloaded) for one in found[33:])
    with pytest.raises(Overloaded, match="longer than 16000 ms for its turn"):
        raise found[-1]


async def test_who_is_behind_few_is_not_refused_for_what_holds_up_the_machine():
    clock = Clock()
    turns = Turns(0.05, clock=clock)
    await asyncio.gather(*(slow(turns, clock, 10.0) for _ in range(FEW)))


async def test_the_next_pass_begins_anew():
    clock = Clock()
    turns = Turns(0.05, clock=clock)
    for _ in range(3):
        await asyncio.gather(*(slow(turns, clock, 0.003) for _ in range(FEW + 1)))


async def test_who_asks_again_after_each_answer_waits_for_nobody():
    clock = Clock()
    turns = Turns(0.05, clock=clock)
    for _ in range(10 * FEW):
        await slow(turns, clock, 0.04)


class Busy:
    """A pool of one thread that is held until `let_go`, with as many behind it as none refuses."""

    def __init__(self):
        self.clock, self.let_go = Clock(), threading.Event()
        self.pool = Pool(0.05, threads=1, clock=self.clock)
        self.ahead = []

    async def __aenter__(self):
        self.ahead = [self.begin(self.let_go.wait) for _ in range(FEW + 1)]
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_):
        self.let_go.set()
        await asyncio.gather(*self.ahead)

    def begin(self, work):
        return asyncio.ensure_future(self.pool.run(work))


async def test_a_turn_that_comes_too_late_is_not_used():
    done = []
    async with Busy() as busy:
        late = busy.begin(lambda: done.append("late"))
        await asyncio.sleep(0)
        busy.clock.now = 0.06
    with pytest.raises(Overloaded):
        await late
    assert done == []


async def test_a_turn_that_comes_in_time_is_used_and_few_are_never_too_late():
    async with Busy() as busy:
        behind = busy.begin(lambda: "answered")
        await asyncio.sleep(0)
        busy.clock.now = 0.05
    assert await behind == "answered"
    assert [one.result() for one in busy.ahead] == [True] * (FEW + 1)


async def test_what_would_come_too_late_is_refused_at_once_and_only_as_long_as_it_would():
    async with Busy() as busy:
        busy.clock.now = 10.0
    busy.let_go.clear()
    async with busy:
        with pytest.raises(Overloaded):
            await busy.pool.run(lambda: None)
    assert await busy.pool.run(lambda: "answered") == "answered"


async def test_refusals_for_want_of_a_thread_take_the_short_way(fraud):
    body = orjson.dumps({"instances": [dict(fraud.golden.rows[0])]})
    scope = {"method": "POST", "headers": [(b"content-length", b"%d" % len(body))]}
    ingress = Ingress(await rolled_out(fraud), ServingSettings())
    assert not ingress.is_short(scope, "/invocations")
    async with Busy() as busy:
        ingress._pool = busy.pool
        busy.clock.now = 10.0
    busy.let_go.clear()
    async with busy:
        assert ingress.is_short(scope, "/invocations")


async def test_no_version_of_a_canary_is_charged_with_overload(line, tmp_path):
    other = write_bundle(tmp_path / "other", line_contents(bias=1.0))
    target = user_config(other, "2")["bundle"]
    rollout = await rolled_out(line, canary={"bundle": target, "weight": 1.0, "shadow": 0.0})
    async with client_of(rollout, max_wait_ms=NEVER) as client:
        assert (await statuses(client, FEW + 5, ROW))[503] == 5
    told = rollout.canary.told()
    assert (told["candidate"]["errors"], told["stable"]["requests"]) == (0, 0)


async def statuses(client, count, document):
    answers = await asyncio.gather(
        *(client.post("/invocations", json=document) for _ in range(count))
    )
    refused = [one for one in answers if one.status_code == 503]
    assert all(one.headers["retry-after"] == "1" for one in refused)
    assert all("more is asked than can be answered" in one.json()["error"] for one in refused)
    return Counter(one.status_code for one in answers)


@pytest.mark.parametrize(("allowed", "answered"), [(NEVER, FEW), (ALWAYS, FEW + 5)])
async def test_of_many_in_one_pass_those_that_wait_too_long_are_refused(allowed, answered, line):
    async with client_of(await rolled_out(line), max_wait_ms=allowed) as client:
        assert (await statuses(client, FEW + 5, ROW))[200] == answered
        assert (await client.post("/invocations", json=ROW)).status_code == 200


@pytest.mark.parametrize(("allowed", "answered"), [(NEVER, MOST), (ALWAYS, MOST + 5)])
async def test_those_that_wait_for_a_thread_too(allowed, answered, fraud):
    document = {"instances": [dict(fraud.golden.rows[0])]}
    async with client_of(await rolled_out(fraud), max_wait_ms=allowed) as client:
        assert (await statuses(client, MOST + 5, document))[200] == answered


async def test_a_real_server_sheds_what_is_too_much_and_recovers(fraud):
    document = {"instances": [dict(fraud.golden.rows[0])]}
    limits = httpx.Limits(max_connections=None)
    with listening(await asyncio.to_thread(door, fraud, max_wait_ms=5.0)) as address:
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as client:
            found = await statuses(client, 100, document)
            assert found.keys() == {200, 503}
            assert (await client.post("/invocations", json=document)).status_code == 200
