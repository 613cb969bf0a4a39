"""The command line in a world of its own: a home folder, a repository, a Serve that answers."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from platform_assets.cli.main import main
from platform_assets.cli.stack.layout import Layout
from resources.settings import load_settings
from tests.support.fake_dagster import FakeDagster
from tests.support.fake_serve import FakeServe
from tests.support.releases import World, world


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    for name, port in (
        ("SERVE", 8190),
        ("DAGSTER", 3179),
        ("MLFLOW", 5179),
        ("RAY", 6479),
        ("BOARD", 8191),
    ):
        monkeypatch.setenv(f"SLIPWAY_{name}_PORT", str(port))
    monkeypatch.setenv("SLIPWAY_RAY_DASHBOARD_PORT", "8379")
    return tmp_path


@pytest.fixture
def layout(home: Path) -> Iterator[Layout]:
    """The files of a stack, prepared; nothing runs."""
    made = Layout(load_settings())
    made.prepare()
    yield made
    made.short.unlink(missing_ok=True)


@pytest.fixture
def at(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Repository, Serve and reconciler, as the settings of this test name them."""
    with FakeServe() as serve:
        monkeypatch.setenv("SLIPWAY_RAY_ADDRESS", serve.api)
        monkeypatch.setenv("SLIPWAY_SERVE_PORT", serve.endpoint.rpartition(":")[2])
        here = world(home, serve)
        with here.runtime:
            yield here


@pytest.fixture
def dagster(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDagster]:
    """A webserver of Dagster, where the settings of this test name it."""
    with FakeDagster() as fake:
        monkeypatch.setenv("SLIPWAY_DAGSTER_PORT", str(fake.port))
        yield fake


@pytest.fixture
def slipway(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command in this process, as the console script does."""

    def command(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["slipway", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return command
