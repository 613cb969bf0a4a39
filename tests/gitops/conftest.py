"""A repository and a running system for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops.local_forge import LocalForge
from tests.support.fake_serve import FakeServe
from tests.support.releases import SEED, World, world


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    return LocalForge.create(tmp_path / "gitops.git", SEED)


@pytest.fixture
def serve() -> Iterator[FakeServe]:
    with FakeServe() as running:
        yield running


@pytest.fixture
def at(tmp_path: Path, serve: FakeServe) -> Iterator[World]:
    """The world in which a test happens."""
    here = world(tmp_path, serve)
    with here.runtime:
        yield here
