"""Two versions of one line at one door: a stable one, and a candidate beside it."""

import asyncio
from dataclasses import replace

from serving.bundle import Bundle
from serving.rollout import Rollout
from tests.serving.conftest import ROW, user_config
from tests.support.bundles import LINE
from tests.support.waiting import until

STABLE, CANDIDATE = "1", "2"


def choosy_parts(contents, columns):
    return {
        "signature": LINE.model_copy(update={"columns": columns}),
        "golden": replace(contents.golden, rows=({"a": "7", "b": 2.0},), scores=(20.0,)),
        "model": text_line(),
    }


def text_line() -> bytes:
    """3b + 14 for any text in a."""
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["b", "three"], ["b3"]),
            helper.make_node("Add", ["b3", "bias"], ["score"]),
        ],
        "line",
        [
            helper.make_tensor_value_info("a", TensorProto.STRING, [None, 1]),
            helper.make_tensor_value_info("b", TensorProto.FLOAT, [None, 1]),
        ],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
        [
            helper.make_tensor(name, TensorProto.FLOAT, [1], [value])
            for name, value in (("three", 3.0), ("bias", 14.0))
        ],
    )
    opset = helper.make_opsetid("", 17)
    model: bytes = helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()
    return model


def beside(stable: Bundle, candidate: Bundle, weight: float, **rest):
    target = user_config(candidate, CANDIDATE)["bundle"]
    return user_config(stable, STABLE, canary={"bundle": target, "weight": weight, **rest})


async def walking(stable: Bundle, candidate: Bundle, weight: float, **rest) -> Rollout:
    rollout = Rollout("line")
    await rollout.apply(beside(stable, candidate, weight, **rest))
    return rollout


async def ask(client, number: int, **headers: str):
    """The version that answered, and its prediction."""
    named = {"x-request-id": f"r{number}", **headers}
    answer = await client.post("/invocations", json=ROW, headers=named)
    assert answer.status_code == 200
    return answer.headers["x-model-version"], answer.json()["predictions"][0]


async def state(client):
    return (await client.get("/v2/health/ready")).json()


async def pairs(rollout, count: int):
    """What was compared, once nothing waits."""
    found = rollout.canary.told
    await asyncio.to_thread(until, lambda: found()["pairs"]["requests"] == count)
    return found()["pairs"]
