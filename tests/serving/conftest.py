"""Bundles on disk, and rollouts with one of them live."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.bundle import Bundle, write_bundle
from serving.ingress import Ingress
from serving.rollout import Rollout
from serving.settings import ServingSettings
from tests.support.bundles import fraud_contents, iris_contents, line_contents

ROW = {"instances": [{"a": 1, "b": 2}]}
INFER = "/v2/models/line/infer"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def line(tmp_path: Path) -> Bundle:
    """A regression on ONNX Runtime: 2a + 3b."""
    return write_bundle(tmp_path / "store", line_contents())


@pytest.fixture
def fraud(tmp_path: Path) -> Bundle:
    """A binary scikit-learn pipeline over all four types of column."""
    return write_bundle(tmp_path / "store", fraud_contents())


@pytest.fixture
def iris(tmp_path: Path) -> Bundle:
    """A scikit-learn pipeline with three classes."""
    return write_bundle(tmp_path / "store", iris_contents())


def user_config(bundle: Bundle, version: str = "1", **rest):
    target = {"uri": bundle.folder.as_uri(), "digest": bundle.digest, "version": version}
    return {"bundle": target, **rest}


def tensors(**columns: list[float]) -> dict[str, list[dict[str, Any]]]:
    """Each column as a tensor of one dimension."""
    made = [
        {"name": name, "datatype": "FP64", "shape": [len(data)], "data": data}
        for name, data in columns.items()
    ]
    return {"inputs": made}


async def rolled_out(bundle: Bundle, **rest) -> Rollout:
    rollout = Rollout(bundle.signature.model)
    await rollout.apply(user_config(bundle, **rest))
    return rollout


def client_of(rollout: Rollout, prefix: str = "/p", **limits) -> httpx.AsyncClient:
    """A client of the ingress as Serve mounts it: the prefix in `root_path` and in the path."""
    door = Ingress(rollout, ServingSettings(**limits))
    transport = httpx.ASGITransport(door, raise_app_exceptions=True, root_path=prefix)
    return httpx.AsyncClient(transport=transport, base_url=f"http://door{prefix}")


@pytest.fixture
async def ask_line(line: Bundle) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(await rolled_out(line)) as client:
        yield client


@pytest.fixture
async def ask_fraud(fraud: Bundle) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(await rolled_out(fraud)) as client:
        yield client


@pytest.fixture
async def ask_iris(iris: Bundle) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(await rolled_out(iris)) as client:
        yield client
