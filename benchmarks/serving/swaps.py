"""Versions changed under load on real Ray Serve: `python -m benchmarks.serving.swaps`.

For one and two replicas: the capacity of the endpoint as the load generator finds it, then 70 % of
it without a change (rest), while versions swap (one bundle in the middle is corrupted), and while
candidates answer a quarter of the keys with every request scored twice. Open loop: what an answer
waits counts from when its request was due. Prints Markdown; what it says meanwhile goes to stderr.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.serving.open_loop import OK, Load, Run, capacity
from benchmarks.telling import head, load_told, row, say
from gitops.canary import CanaryPolicy
from gitops.manifest import ReleaseManifest
from gitops.walk import Walk, wanted
from serving.bundle import Bundle, write_bundle
from tests.support.bundles import LINE_BODY, line_contents
from tests.support.ray_head import RayHead, ray_head
from tests.support.releases import serving

SHARE = 0.7
MEASURED_SECONDS = 4.0
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.02
HEADINGS = ("", "changes", "s each (median)", "requests", "failed", "p50 ms", "p99 ms")


def cells(name: str, changes: int, seconds: list[float], run: Run) -> tuple[Any, ...]:
    each = f"{np.median(seconds):.2f}" if seconds else ""
    p50, p99 = (run.percentile(q, OK) for q in (50, 99))
    return name, changes, each, len(run.answers), run.failures, f"{p50:.2f}", f"{p99:.1f}"


@dataclass(frozen=True)
class Place:
    """The model `line` on a head; `change` deploys and waits for every replica."""

    head: RayHead
    replicas: int
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    @property
    def url(self) -> str:
        return f"{self.head.serve}/line"

    def load(self, rate: float) -> Load:
        return Load(f"{self.url}/invocations", LINE_BODY, rate)

    def manifest(self, bundle: Bundle, version: str) -> ReleaseManifest:
        made = serving(bundle, "production", model_version=version, replicas=self.replicas)
        return replace(made, canary=CanaryPolicy(steps=(25,)))

    def change(self, told: dict[str, Any], so: Callable[[dict[str, Any]], bool]) -> float:
        """Seconds until every replica says so."""
        begun, seen = time.monotonic(), dict[str, bool]()
        self.head.deploy(told)
        while list(seen.values()).count(True) < self.replicas:
            time.sleep(POLL_SECONDS)
            state = self.client.get(f"{self.url}/v2/health/ready").json()
            seen[state["replica"]] = so(state)
            if time.monotonic() - begun > PATIENCE_SECONDS:
                raise TimeoutError(state)
        return time.monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swaps", type=int, default=200)
    parser.add_argument("--canaries", type=int, default=50)
    parser.add_argument("--rest", type=float, default=20.0, help="Seconds without a change.")
    parser.add_argument("--replicas", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--port", type=int, default=25000)
    asked = parser.parse_args()
    with load_told():
        for replicas in asked.replicas:
            with (
                tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as folder,
                ray_head(asked.port + 40 * (replicas - 1)) as ray,
            ):
                report(Place(ray, replicas), Path(folder), asked)


def report(place: Place, folder: Path, asked: argparse.Namespace) -> None:
    bundles = [write_bundle(folder, line_contents(bias=bias)) for bias in (0.0, 100.0)]
    bad = write_bundle(folder, line_contents(bias=200.0))
    (bad.folder / "model.onnx").write_bytes(b"something else")
    place.head.deploy(wanted(place.manifest(bundles[0], "0"), None))
    place.head.wait_for("line", "RUNNING")
    invocations = f"{place.url}/invocations"
    rate = SHARE * asyncio.run(capacity(invocations, LINE_BODY, MEASURED_SECONDS))
    say(f"{place.replicas} replicas, {rate:.0f}/s")
    print(f"\n**{place.replicas} replica(s), {rate:.0f} requests/s**\n")
    print(head(HEADINGS))
    print(row(at_rest(place, rate, asked.rest)), flush=True)
    print(row(swapped(place, rate, bundles, bad, asked.swaps)), flush=True)
    print(row(walked(place, rate, bundles, asked.canaries)), flush=True)


def at_rest(place: Place, rate: float, seconds: float) -> tuple[Any, ...]:
    with place.load(rate) as load:
        threading.Event().wait(seconds)
    return cells("at rest", 0, [], load.run)


def swapped(
    place: Place, rate: float, bundles: list[Bundle], bad: Bundle, count: int
) -> tuple[Any, ...]:
    seconds = list[float]()
    with place.load(rate) as load:
        for number in range(1, count + 1):
            if number == count // 2:
                place.change(
                    wanted(place.manifest(bad, "bad"), None),
                    lambda state: (state["refused"] or {}).get("digest") == bad.digest,
                )
            bundle = bundles[number % 2]
            told = wanted(place.manifest(bundle, str(number)), None)
            seconds.append(
                place.change(told, lambda state, v=str(number): state["live"]["version"] == v)
            )
            say(f"swap {number} of {count}: {seconds[-1]:.2f} s")
    return cells("swaps, and one corrupted bundle", count, seconds, load.run)


def walked(place: Place, rate: float, bundles: list[Bundle], count: int) -> tuple[Any, ...]:
    seconds = list[float]()
    stable = place.manifest(bundles[0], "c0")
    place.change(wanted(stable, None), lambda state: state["live"]["version"] == "c0")
    with place.load(rate) as load:
        for number in range(1, count + 1):
            name = f"c{number}"
            candidate = place.manifest(bundles[number % 2], name)
            begun = place.change(
                wanted(candidate, Walk(stable, candidate, 0)),
                lambda state, v=name: (state["canary"] or {}).get("version") == v,
            )
            threading.Event().wait(0.5)
            ended = place.change(
                wanted(candidate, None), lambda state, v=name: state["live"]["version"] == v
            )
            stable = candidate
            seconds.append(begun + ended)
            say(f"canary {number} of {count}: {seconds[-1]:.2f} s")
    return cells("canaries at 25 %, all scored twice", count, seconds, load.run)


if __name__ == "__main__":
    main()
