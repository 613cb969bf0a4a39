"""What MLflow's aliases become, in a process of its own that kills itself around a write."""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from gitops.conditions import Reason, Settled
from gitops.holds import hold
from gitops.local_forge import LocalForge
from gitops.reconcile import Report
from gitops.record import DeploymentRecord
from platform_assets.release.aliases import mirror_aliases
from resources.registry import Registry
from tests.support.releases import SEED, digest, manifest

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", __name__, "mlflow.tracking"])
READS = {"aliases"}
WRITES = {name for name in dir(Registry) if "alias" in name and name[0] != "_"} - READS
MODEL = "tiny"


@dataclass(frozen=True)
class Story:
    """Aliases as they are, the letters proven in an environment in turn, and one that is held.

    An empty letter: nothing is served. Versions are numbered as letters are.
    """

    environment: str
    before: Mapping[str, str]
    proven: tuple[str, ...]
    held: str = ""

    def report(self) -> Report:
        letter = self.proven[-1]
        live = manifest(letter, self.environment, MODEL) if letter else None
        return Report(self.environment, MODEL, Settled(Reason.HEALTHY, "fine"), manifest=live)

    def record(self, revision: str) -> DeploymentRecord:
        made = DeploymentRecord(self.environment, MODEL)
        for letter in self.proven:
            named = (digest(letter), manifest(letter).model_version) if letter else ("", "")
            made = made.with_proof(revision, *named, "now", ())
        return made


STORIES: Mapping[str, Story] = {
    "staging is proven": Story("staging", {}, ("a",)),
    "staging is emptied": Story("staging", {"staging": "1"}, ("a", "")),
    "production goes forward": Story("production", {"champion": "1"}, ("a", "b")),
    "production goes back": Story(
        "production", {"champion": "2", "previous": "1"}, ("a", "b", "a"), held="b"
    ),
    "production is emptied": Story("production", {"champion": "1"}, ("a", "")),
}


@dataclass(frozen=True)
class Place:
    """A registry with two versions and a repository, in one folder."""

    home: Path

    @property
    def registry(self) -> Registry:
        folder = self.home / "mlflow"
        return Registry(f"sqlite:///{folder}/mlflow.db", folder / "artifacts")

    @property
    def repository(self) -> Path:
        return self.home / "gitops.git"

    def prepare(self, story: Story) -> None:
        forge, registry = LocalForge.create(self.repository, SEED), self.registry
        registry._client.create_registered_model(MODEL)
        for _ in range(2):
            registry._client.create_model_version(MODEL, source=str(self.home))
        for alias, version in story.before.items():
            registry.set_alias(MODEL, alias, version)
        if story.held:
            hold(forge, story.environment, MODEL, digest(story.held), "smells", "ann")
        forge.write_record(story.record(forge.head()), None)

    def mirror(self, story: Story, point: str = "") -> list[str]:
        """Let the aliases follow; what was reached, if the process lived to its end."""
        told = self.home / "told"
        told.unlink(missing_ok=True)
        process = CONTEXT.Process(target=_run, args=(self, story, point, told))
        process.start()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL), f"it failed: {process.exitcode}"
        assert bool(process.exitcode) == bool(point)
        return told.read_text().splitlines() if told.exists() else []


def _run(place: Place, story: Story, point: str, told: Path) -> None:
    def hear(reached: str) -> None:
        with told.open("a") as file:
            file.write(f"{reached}\n")
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    watched: Any = WatchedRegistry(place.registry, hear)
    mirror_aliases(watched, LocalForge(place.repository), story.report())


class WatchedRegistry:
    """A registry that says which alias it is about to write and which it has written."""

    def __init__(self, registry: Registry, hear: Callable[[str], None]) -> None:
        self._registry, self._hear = registry, hear

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._registry, name)
        if name not in WRITES:
            return found

        def write(model: str, alias: str, *more: str) -> None:
            self._hear(f"before:{name}({alias})")
            found(model, alias, *more)
            self._hear(f"after:{name}({alias})")

        return write
