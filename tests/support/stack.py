"""The real stack in a folder of its own, driven by the command as a person would."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
import numpy as np
import psutil

from gitops.forge import Promotion, Proposal
from gitops.holds import Hold, read_holds
from gitops.local_forge import LocalForge
from gitops.manifest import ReleaseManifest, evidence_path, manifest_path, parse, render
from gitops.serve_runtime import ServeRuntime
from platform_assets.cli.dagster_api import DagsterApi, Run
from platform_assets.cli.demo.story import awaits_retry
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.ports import is_free
from platform_assets.cli.stack.processes import marked
from platform_assets.cli.stack.state import StackState, read_state
from platform_assets.defs.diabetes.source import patients
from platform_assets.wiring import build_registry
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.settings import CHECKOUT, Settings, ray_token
from resources.tokens import own_token
from serving.bundle import Bundle, open_bundle

RANGES = {
    "serve_port": range(8200, 8250),
    "ray_dashboard_port": range(8250, 8300),
    "dagster_port": range(3200, 3210),
    "mlflow_port": range(5200, 5210),
    "board_port": range(8300, 8310),
    "ray_port": range(6500, 6510),
}
LOOK_SECONDS = 0.2
COMMAND_SECONDS = 420.0
ATTEMPTS = 5
Found = TypeVar("Found")


def until(
    look: Callable[[], Found], what: str, seconds: float = 240.0, told: Callable[[], Any] = str
) -> Found:
    """Look until something true is seen and return it; AssertionError with what was `told`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}; {told()}"
        time.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class Stack:
    """One `SLIPWAY_HOME` with ports that nobody holds, and the checkout whose code it runs."""

    settings: Settings
    checkout: Path = CHECKOUT

    @classmethod
    def at(cls, home: Path) -> "Stack":
        ports = {name: next(filter(is_free, ports)) for name, ports in RANGES.items()}
        return cls(Settings(home=home, **ports))

    def slipway(self, *words: str, code: int = 0) -> str:
        """Run the command; its output, once the exit code is as expected."""
        home = str(self.settings.home)
        command = [str(Path(sys.executable).with_name("slipway")), *words]
        chosen = {f"SLIPWAY_{name.upper()}": str(getattr(self.settings, name)) for name in RANGES}
        foreign = ("SLIPWAY_", "RAY_", "DAGSTER_", "MLFLOW_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        done = subprocess.run(
            command,
            cwd=self.checkout,
            env={**kept, **chosen, "PYTHONPATH": str(self.checkout), "SLIPWAY_HOME": home},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == code, f"slipway {words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.settings)

    @cached_property
    def forge(self) -> LocalForge:
        return LocalForge(self.settings.gitops_path)

    @cached_property
    def dagster(self) -> DagsterApi:
        return DagsterApi(self.settings.dagster_url)

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.settings.lake)

    @cached_property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.settings.artifacts)

    @property
    def registry(self) -> Any:
        return build_registry(self.settings)

    @contextmanager
    def runtime(self) -> Iterator[ServeRuntime]:
        """Ray Serve, as an administrator reaches it."""
        at = self.settings
        with ServeRuntime(at.serve_api, at.serve_url, ray_token(at)) as runtime:
            yield runtime

    def applications(self) -> Mapping[str, Any]:
        with self.runtime() as runtime:
            return runtime.observe()

    def state(self) -> StackState:
        found = read_state(self.layout.state)
        assert found is not None
        return found

    def processes(self, word: str) -> list[psutil.Process]:
        """Living processes of the stack with a word in their command line."""
        return [one for one in marked(self.layout.mark) if word in _words(one)]

    def health(self, model: str, environment: str = "production") -> str:
        document = json.loads(self.slipway("status", "--json"))
        return str(document["models"][model][environment]["health"])

    def desired(self, model: str, environment: str = "production") -> ReleaseManifest | None:
        path = manifest_path(environment, model)
        text = self.forge.read(path, self.forge.head())
        return parse(text, path) if text else None

    def bundle(self, model: str, digest: str) -> Bundle:
        return open_bundle(self.artifacts.bundle_folder(model, digest), digest)

    def url(self, model: str, environment: str = "production") -> str:
        prefix = "" if environment == "production" else f"/{environment}"
        return f"{self.settings.serve_url}{prefix}/{model}"

    @property
    def shown(self) -> dict[str, str]:
        """The headers that endpoints ask for."""
        return {"Authorization": f"Bearer {own_token(self.settings)}"}

    def live(self, model: str, environment: str = "production") -> str:
        """The digest that the endpoint says it serves; empty if nothing ready answers."""
        try:
            answer = httpx.get(f"{self.url(model, environment)}/v2/health/ready", timeout=30)
            return str(answer.json()["live"]["digest"]) if answer.is_success else ""
        except (httpx.TransportError, ValueError, TypeError, KeyError):
            return ""

    def served(self, model: str) -> bool:
        """Does every environment serve what git says?"""
        wanted = {name: self.desired(model, name) for name in ("staging", "production")}
        return all(
            self.live(model, name) == one.bundle_digest for name, one in wanted.items() if one
        )

    def all_up(self) -> bool:
        state = read_state(self.layout.state)
        return state is not None and state.supervisor() is not None and state.settled

    def runs(self, model: str) -> list[Run]:
        return self.dagster.runs({"slipway/model": model})

    def finished(self, run_id: str, model: str) -> Run:
        """The run, once it has ended."""

        def ended() -> Run | None:
            return next(
                (r for r in self.runs(model) if r.run_id == run_id and not r.unfinished), None
            )

        found = until(ended, f"the end of run {run_id}", 400)
        assert found is not None
        return found

    def idle(self, model: str) -> bool:
        runs = self.runs(model)
        return not any(run.unfinished or awaits_retry(run, runs) for run in runs)

    def deliver_patients(self, rows: int = 40) -> None:
        """New rows for the model `diabetes`, like those that were there."""
        place = self.settings.landing / "diabetes"
        first = len(patients()) + rows * len(list(place.glob("more-*")))
        frame = patients().sample(rows, random_state=first).reset_index(drop=True)
        frame["patient_id"] = [f"P{first + number:03d}" for number in range(rows)]
        noise = np.random.default_rng(first).normal(0, 10, rows).round()
        frame["progression"] = (frame["progression"] + noise).clip(lower=0.0)
        hidden = place / ".more.part"
        frame.to_parquet(hidden, index=False)
        hidden.replace(place / f"more-{first}.parquet")

    def waiting(self, model: str) -> Promotion | None:
        """The open promotion of a model, if its gates have passed."""
        found = [one for one in self.forge.promotions("open") if one.model == model]
        return found[-1] if found and not found[-1].not_passed() else None

    def promotion(self, model: str) -> Promotion:
        """The open promotion of a model, once its gates have passed."""
        for _ in range(ATTEMPTS):
            until(lambda: self.waiting(model) or self.too_slow(model, "staging"), "staging", 400)
            found = self.waiting(model)
            if found is not None:
                until(lambda: self.idle(model), f"the end of the run of {model}")
                return found
            self.try_again(model, "staging")
        raise AssertionError(f"this machine is too busy: {self.too_slow(model, 'staging')}")

    def release(self, model: str) -> None:
        """Approve what waits, and return once production is proven at it."""
        for _ in range(ATTEMPTS):
            revision = self.approve(self.promotion(model))
            until(
                lambda r=revision: self.proven(model, r) or self.too_slow(model, "production"),
                f"{model} in production",
            )
            if self.proven(model, revision):
                until(lambda: self.idle(model), f"the end of the deployment of {model}")
                return
            self.try_again(model, "production")
        raise AssertionError(f"this machine is too busy: {self.too_slow(model, 'production')}")

    def too_slow(self, model: str, environment: str) -> str:
        """Why a digest that missed its latency is held: a busy machine does that to a good one."""
        return ", ".join(one.reason for one in self._slow(model, environment))

    def _slow(self, model: str, environment: str) -> list[Hold]:
        holds = read_holds(self.forge, environment, model, self.forge.head())
        return [one for one in holds if one.reason.startswith("latency_")]

    def try_again(self, model: str, environment: str) -> None:
        """Do as a person would who knows that the machine was busy."""
        until(lambda: self.idle(model), f"the end of the runs of {model}")
        for one in self._slow(model, environment):
            self.slipway("hold", model, "--env", environment, "--lift", "--digest", one.digest)
        self.slipway("run", model, "--detach")

    def proven(self, model: str, revision: str, environment: str = "production") -> bool:
        record = self.forge.read_record(environment, model)
        return record is not None and record.healthy == revision

    def approve(self, promotion: Promotion) -> str:
        """Merge as a person does; returns the commit on main."""
        self.slipway("promotions", "approve", str(promotion.number), "--by", "a person")
        merged = next(p for p in self.forge.promotions() if p.number == promotion.number)
        return merged.merged_as

    def healthy(self, model: str, revision: str, environment: str = "production") -> None:
        """Return once an environment is proven at this commit."""
        until(
            lambda: self.proven(model, revision, environment),
            f"{model} healthy at {revision}",
            told=lambda: self.forge.read_record(environment, model),
        )

    def change(self, promotion: Promotion, **fields: Any) -> Promotion:
        """Put another manifest into a promotion, and call its gates passed all the same."""
        path = manifest_path("production", promotion.model)
        evidence = evidence_path("production", promotion.model)
        text = self.forge.read(path, promotion.commit)
        assert text is not None
        manifest = replace(parse(text, path), **fields)
        proposal = Proposal(
            environment="production",
            model=promotion.model,
            bundle_digest=manifest.bundle_digest,
            title=promotion.title,
            body=promotion.body,
            message=f"Promote a drill of {promotion.model}\n",
            changes={
                path: render(manifest),
                evidence: self.forge.read(evidence, promotion.commit),
            },
            required=promotion.required,
        )
        opened = self.forge.open_promotion(proposal)
        for context in opened.required:
            self.forge.set_status(opened.number, opened.commit, context, "success", "a drill")
        return opened


def _words(process: psutil.Process) -> str:
    try:
        return " ".join([process.name(), *process.cmdline()])
    except psutil.Error:
        return ""
