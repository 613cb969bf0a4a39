"""kill -9 of what serves, one after the other, under load: `make bench-kills`.

Ray, Serve and HAProxy as `slipway up` keeps them: its own supervisor, and a repository that says
what is served. Open loop: a request leaves when it is due, whatever has become of the one before.
What is killed: a replica, the proxy, Serve's controller, Ray's head (its control service, without
which the rest ends), all of Ray at once. Prints Markdown; what it says meanwhile goes to stderr.
"""

import argparse
import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.serving.open_loop import OK, Answered, Load, Run, capacity
from benchmarks.serving.processes import PROXY, REPLICA, words
from benchmarks.telling import head, load_told, row, say
from platform_assets.cli.stack import ray_service
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.ports import free_ports
from platform_assets.cli.stack.processes import marked
from platform_assets.cli.stack.services import PUBLIC, services
from platform_assets.cli.stack.supervisor import Supervisor, prepare
from platform_assets.wiring import begin_gitops
from resources.artifacts import Artifacts
from resources.settings import Settings
from serving.bundle import write_bundle
from tests.support.bundles import LINE_BODY, line_contents
from tests.support.releases import bring, serving

PORT = 41310
SHARE = 0.2
SERVED = ("ray", "serve", "restore")
BEFORE_SECONDS = 5.0
QUIET_SECONDS = 10.0
PATIENCE_SECONDS = 240.0
POLL_SECONDS = 0.2
HEADINGS = ("killed", "replicas", "requests/s", "requests", "failed", "s without an answer", "s")


@dataclass(frozen=True)
class Victim:
    """What is killed: processes whose name or command line has this word, one or `all`."""

    name: str
    word: str
    all: bool = False
    seconds: float = 40.0


VICTIMS = (
    Victim("a replica", REPLICA),
    Victim("the proxy (HAProxy)", PROXY),
    Victim("the controller", "ray::ServeController"),
    Victim("the head (gcs_server)", "gcs_server", seconds=120.0),
    Victim("all of Ray", "", all=True, seconds=120.0),
)


@dataclass(frozen=True)
class Place:
    """The services that serve, under their supervisor, and the model `line` in staging."""

    layout: Layout
    replicas: int

    @property
    def url(self) -> str:
        return f"{self.layout.settings.serve_url}/staging/line"

    def found(self, victim: Victim) -> list[psutil.Process]:
        found = [one for one in marked(self.layout.mark) if victim.word in words(one)]
        return found if victim.all else found[:1]

    def serves(self) -> bool:
        """Whether as many replicas as there should be can be reached."""
        running = [one for one in marked(self.layout.mark) if REPLICA in words(one)]
        with suppress(httpx.TransportError):
            answer = httpx.post(
                f"{self.url}/invocations", content=LINE_BODY, timeout=5, trust_env=False
            )
            return answer.status_code == OK and len(running) >= self.replicas
        return False


@contextmanager
def place(home: Path, port: int, replicas: int) -> Iterator[Place]:
    """Takes the ports `port` to `port + 4`, and those that a stack chooses by itself."""
    for number, name in enumerate(sorted(PUBLIC)):
        os.environ[name] = str(port + number)
    os.environ |= {"SLIPWAY_HOME": str(home), "SLIPWAY_ACCESS": "open"}
    settings = Settings()
    bundle = write_bundle(Artifacts(settings.artifacts).bundles("line"), line_contents())
    layout = Layout(settings)
    layout.prepare()
    bring(begin_gitops(settings), serving(bundle, "staging", replicas=replicas))
    ports = dict(zip(ray_service.PORTS, free_ports(len(ray_service.PORTS)), strict=True))
    prepare(layout)
    kept = [one for one in services(layout, ports) if one.name in SERVED]
    supervisor = Supervisor(layout, kept, ports)
    thread = threading.Thread(target=supervisor.run, name="supervisor")
    thread.start()
    try:
        yield Place(layout, replicas)
    finally:
        supervisor.stop()
        thread.join()
        layout.short.unlink(missing_ok=True)


def killed(at: Place, victim: Victim, rate: float) -> tuple[float, Run]:
    """When by `time.perf_counter`, and what the load met before and afterwards."""
    wait_until(at.serves, "every replica")
    with Load(f"{at.url}/invocations", LINE_BODY, rate) as load:
        pause(BEFORE_SECONDS)
        when = time.perf_counter()
        for process in at.found(victim):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        pause(victim.seconds)
        wait_until(at.serves, "every replica again")
        pause(QUIET_SECONDS)
    return when, load.run


def recovered(when: float, run: Run) -> str:
    """Seconds from the kill until the last request that failed was due."""
    failed = [one.due for one in run.failed]
    end = max((one.due for one in run.answers), default=when)
    if failed and end - max(failed) < QUIET_SECONDS / 2:
        return f"not within {end - when:.0f}"
    return f"{max(0.0, max(failed) - when):.1f}" if failed else "0"


def longest_silence(when: float, run: Run) -> float:
    """Seconds after the kill in which no good answer came, at their longest."""
    came = sorted(_came(one) for one in run.answers if one.status == OK)
    later = [one for one in came if one > when]
    return max((b - a for a, b in zip([when, *later], later, strict=False)), default=float("inf"))


def _came(one: Answered) -> float:
    return one.due + one.milliseconds / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--only", nargs="*", default=[], help="Words of names of what is killed.")
    asked = parser.parse_args()
    victims = [v for v in VICTIMS if not asked.only or any(one in v.name for one in asked.only)]
    with load_told():
        print(head(HEADINGS))
        for replicas in asked.replicas:
            # Unix sockets below the folder may not have more than 107 bytes in their path.
            with (
                tempfile.TemporaryDirectory(prefix="k", dir="/tmp") as folder,
                place(Path(folder), asked.port, replicas) as at,
            ):
                report(at, victims)


def report(at: Place, victims: Sequence[Victim]) -> None:
    wait_until(at.serves, "the first answer")
    rate = SHARE * asyncio.run(capacity(f"{at.url}/invocations", LINE_BODY, BEFORE_SECONDS))
    for victim in victims:
        say(f"{victim.name}, {at.replicas} replica(s), {rate:.0f}/s")
        when, run = killed(at, victim, rate)
        cells = (
            *(victim.name, at.replicas, f"{rate:.0f}", f"{len(run.answers):,}", run.failures),
            *(f"{longest_silence(when, run):.1f}", recovered(when, run)),
        )
        print(row(cells), flush=True)


def wait_until(so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {PATIENCE_SECONDS:g} s: {what}")
        time.sleep(POLL_SECONDS)


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


if __name__ == "__main__":
    main()
