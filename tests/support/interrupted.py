"""One asset of the tiny model in a process of its own, which kills itself at a given write.

Every port is watched: a call that is not listed as a read counts as a write, so a new write is a
new point. Points are `before:<write>` and `after:<write>`.
"""

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import dagster as dg

from gitops.reconcile import Reconciler
from gitops.serve_runtime import ServeRuntime
from platform_assets.runs.host import AT_WORK
from resources.registry import Registry
from resources.settings import Settings
from tests.support.end_state import state
from tests.support.tiny import Platform, tiny

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", *AT_WORK, __name__])
READS = {
    "lake": {
        "uri",
        "exists",
        "version",
        "table_id",
        "schema",
        "landed",
        "fingerprint",
        "read",
        "count",
        "counts",
        "mark",
        "told",
        "newest",
        "batches",
        "pieces",
    },
    "artifacts": {"bundles", "bundle_folder", "bundle_uri", "folder", "has", "load"},
    "registry": {
        "find_run",
        "run_tags",
        "find_version",
        "versions",
        "aliases",
        "run_url",
        "file_url",
    },
    "forge": {
        "head",
        "read",
        "paths",
        "last_change",
        "history",
        "promotions",
        "promotion",
        "read_record",
        "signature",
    },
}
NAMED_BY = {
    "append": 0,
    "commit_behind": 0,
    "overwrite": 0,
    "publish": 0,
    "set_status": 2,
    "set_alias": 1,
    "drop_alias": 1,
}
PRODUCTION = "production_deployment"
TOGETHER = {"cleaned": ("cleaned", "quarantine")}
Hear = Callable[[str], None]


@dataclass(frozen=True)
class Addresses:
    """Where the Serve of the parent process answers."""

    api: str
    endpoint: str


class Watched:
    """A port that says what it is about to write and what it has written."""

    def __init__(self, name: str, port: Any, hear: Hear) -> None:
        self._name, self._port, self._hear = name, port, hear

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if not callable(found) or attribute in READS[self._name]:
            return found

        def write(*args: Any, **kwargs: Any) -> Any:
            which = f"({args[NAMED_BY[attribute]]})" if attribute in NAMED_BY else ""
            point = f"{self._name}.{attribute}{which}"
            self._hear(f"before:{point}")
            result = found(*args, **kwargs)
            self._hear(f"after:{point}")
            return result

        return write


class WatchedRegistry(Registry):
    """MLflow's run is written in many steps; each trial is one of them."""

    hear: Hear

    def _log_trial(self, experiment: str, parent: str, number: int, trial: Any) -> None:
        super()._log_trial(experiment, parent, number, trial)
        self.hear(f"after:registry.trial({number})")


class WatchedPlatform(Platform):
    """The platform with every port watched, and the reconciler's acts."""

    hear: Hear

    @property
    def reconciler(self) -> Reconciler:
        plain = self.forge._port if isinstance(self.forge, Watched) else self.forge
        runtime = ServeRuntime(self.serve.api, self.serve.endpoint, None)
        lock = self.settings.home / "lock"
        return Reconciler(plain, runtime, self.verifier, lock, on_act=self._on_act)

    def _on_act(self, point: str) -> None:
        when, _, act = point.partition(":")
        self.hear(f"{when}:act.{act}")


def play(home: Path, serve: Addresses, asset: str, point: str | None = None) -> bool:
    """Materialize an asset in a child that dies by SIGKILL at `point`; returns whether it died."""
    (home / "points").unlink(missing_ok=True)
    process = CONTEXT.Process(target=_play, args=(home, serve, asset, point))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"{asset} failed: {process.exitcode}"
    return process.exitcode != 0


def reached(home: Path) -> list[str]:
    """Every point that the last process came to, in order."""
    return (home / "points").read_text().splitlines()


def end_state(home: Path) -> dict[str, Any]:
    """What the last process that came to its end found there; comparable between homes."""
    found: dict[str, Any] = json.loads((home / "state.json").read_text())
    return found


def _play(home: Path, serve: Addresses, asset: str, point: str | None) -> None:
    def hear(name: str) -> None:
        with (home / "points").open("a") as file:
            file.write(f"{name}\n")
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        made = Platform.create(home, serve, instance)
        if asset == PRODUCTION:
            for promotion in made.forge.promotions("open"):
                made.forge.merge(promotion.number, "a person")
        result = _watched(made, hear).run(tiny(), *TOGETHER.get(asset, (asset,)))
        assert result.success, [str(event) for event in result.all_events if event.is_failure]
        (home / "state.json").write_text(json.dumps(state(made), indent=1, sort_keys=True))


def _watched(made: Platform, hear: Hear) -> WatchedPlatform:
    registry = WatchedRegistry(made.settings.mlflow_tracking, made.registry._artifacts)
    registry.hear = hear
    ports = {
        "lake": made.lake,
        "artifacts": made.artifacts,
        "forge": made.forge,
        "registry": registry,
    }
    watched = {name: Watched(name, port, hear) for name, port in ports.items()}
    platform = WatchedPlatform(**(vars(made) | watched))
    platform.hear = hear
    _watch_ends(made.instance, hear)
    _watch_files(made.settings, hear)
    return platform


def _watch_ends(instance: dg.DagsterInstance, hear: Hear) -> None:
    store = instance.handle_new_event

    def told(event: dg.EventLogEntry, **options: Any) -> None:
        inner = event.dagster_event
        ends = inner is not None and inner.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION
        name = f"end({inner.asset_key.path[-1]})" if ends else ""
        if ends:
            hear(f"before:{name}")
        store(event, **options)
        if ends:
            hear(f"after:{name}")

    instance.handle_new_event = told


def _watch_files(settings: Settings, hear: Hear) -> None:
    """The moment before a folder has its name and is whole, or a file of the log is gone."""
    removed = itertools.count(1)

    def audit(event: str, args: tuple[Any, ...]) -> None:
        if event == "os.rename" and (kind := _kind(settings, Path(os.fsdecode(args[1])))):
            hear(f"before:rename({kind})")
        if event == "os.remove":
            path = Path(os.fsdecode(args[0]))
            if _kind(settings, path) == "predictions" and path.exists():
                hear(f"before:remove(predictions/{next(removed)})")

    sys.addaudithook(audit)


def _kind(settings: Settings, path: Path) -> str:
    """Of which kind of artifact a path is, or of the prediction log; empty for any other."""
    if path.is_relative_to(settings.predictions):
        return "predictions"
    inside = path.is_relative_to(settings.artifacts)
    return path.relative_to(settings.artifacts).parts[0] if inside else ""
