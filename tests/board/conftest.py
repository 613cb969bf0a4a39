"""A board over a real repository and lake, with Serve and Dagster that answer over HTTP."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from platform_assets.board.app import build_app
from platform_assets.board.gather import Git, look_at_dagster, look_at_lake
from platform_assets.board.links import Links
from platform_assets.board.readings import Source, Sources
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.watch.landing_log import table
from platform_assets.watch.observations import record
from resources.lake import Lake
from tests.board.sample import a_day, windows
from tests.support.fake_dagster import FakeDagster, asset
from tests.support.fake_serve import FakeServe
from tests.support.releases import World, world

LONG = 120.0
FOLDERS = ("diabetes", "fraud")


@dataclass
class Around:
    """What a board looks at; `mlflow` is what it asks in place of MLflow."""

    at: World
    dagster: FakeDagster
    lake: Lake
    mlflow: Callable[[], dict[str, str]] = field(default=lambda: {"fraud": "7"})
    git: Callable[[], object] | None = None

    @contextmanager
    def app(self, patience: float = LONG) -> Iterator[Starlette]:
        api = DagsterApi(f"http://127.0.0.1:{self.dagster.port}", LONG)
        looks = {
            "git": self.git or Git(self.at.forge, self.at.runtime, lambda: list(FOLDERS)),
            "Dagster": partial(look_at_dagster, api),
            "MLflow": self.mlflow,
            "lake": partial(look_at_lake, self.lake, lambda: list(FOLDERS)),
        }
        sources = Sources({name: Source(look) for name, look in looks.items()})
        links = Links("http://127.0.0.1:3000", "http://127.0.0.1:5000")
        try:
            yield build_app(sources, self.at.forge, links, patience)
        finally:
            sources.close()

    def ask(self, path: str = "/", patience: float = LONG, method: str = "GET", **given: Any):
        with self.app(patience) as app:
            return asyncio.run(_ask(app, method, path, given))


async def _ask(app: Starlette, method: str, path: str, given: dict[str, Any]) -> httpx.Response:
    door = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=door, base_url="http://127.0.0.1") as client:
        return await client.request(method, path, **given)


@contextmanager
def _around(home: Path) -> Iterator[Around]:
    with FakeServe() as serve, FakeDagster() as dagster:
        here = world(home, serve)
        with here.runtime:
            yield Around(here, dagster, Lake(str(home / "lake")))


def _fill(around: Around) -> Around:
    around.at.staging("a")
    around.at.approve("a")
    around.at.reconciler.reconcile("production", "fraud")
    around.at.staging("b")
    around.at.bring("b", "production")
    # A whole hour, so that the newest requests share a window whatever the clock says.
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    around.lake.append(table("fraud"), a_day(until), ["log"])
    record(around.lake, "fraud", windows(until))
    around.dagster.assets += [
        asset("fraud", "cleaned", {"rows_accounted_for": "SUCCEEDED", "few_broken": "FAILED"}),
        asset("fraud", "test_score", {}, score=6.0, data=6.5, monitoring=6.0),
    ]
    return around


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Around]:
    """Nothing is released, and nothing was asked yet."""
    with _around(tmp_path) as made:
        yield made


@pytest.fixture
def changing(around: Around) -> Around:
    """As `busy`, for a test that changes it."""
    return _fill(around)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    """`fraud` is in production, version 2 waits there, was asked for a day, and drifts."""
    with _around(tmp_path_factory.mktemp("board")) as made:
        yield _fill(made)
