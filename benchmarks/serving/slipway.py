"""Slipway as `slipway up` runs it: the same Ray, HAProxy, ingress and prediction log."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.serving.case import Case
from benchmarks.serving.contestants import Contestant
from benchmarks.serving.running import Processes, check
from gitops.manifest import serve_application
from tests.support.ray_head import ray_head
from tests.support.releases import serving

MODEL = "wide"


@contextmanager
def slipways(case: Case, port: int) -> Iterator[tuple[list[Contestant], Processes]]:
    """One replica in production and two in staging of one stack; takes ports from `port` on."""
    one = Contestant("Slipway", "slipway", port, path=f"/{MODEL}/invocations")
    two = Contestant(
        "Slipway, 2 replicas", "slipway", port, path=f"/staging/{MODEL}/invocations", workers=2
    )
    with ray_head(port) as head:
        manifests = [
            serving(case.bundle, "production"),
            serving(case.bundle, "staging", replicas=two.workers),
        ]
        head.deploy(*map(serve_application, manifests))
        for manifest in manifests:
            head.wait_for(manifest.application, "RUNNING")
        for contestant in (one, two):
            for rows in case.bodies:
                check(contestant, case, rows)
        yield [one, two], head.processes
