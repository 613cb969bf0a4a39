"""Slipway as `slipway up` runs it: Ray, HAProxy, tokens, rates, prediction log and metrics."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.serving.case import Case
from benchmarks.serving.contestants import Contestant
from benchmarks.serving.processes import Processes
from benchmarks.serving.running import check
from gitops.manifest import serve_application
from resources.tokens import TokenFile
from serving.access.grants import grant_for, new_token
from tests.support.ray_head import ray_head
from tests.support.releases import serving

MODEL = "wide"


@contextmanager
def slipways(case: Case, port: int) -> Iterator[tuple[list[Contestant], Processes]]:
    """One replica in production and two in staging of one stack; takes ports from `port` on."""
    token, tokens = new_token(), case.folder / "tokens.json"
    TokenFile(tokens).add(grant_for(token, "benchmark", rate="1000000/second"))
    one, two = (
        Contestant(name, "slipway", port, path=path, workers=workers, token=token)
        for name, path, workers in (
            ("Slipway", f"/{MODEL}/invocations", 1),
            ("Slipway, 2 replicas", f"/staging/{MODEL}/invocations", 2),
        )
    )
    asking = {"SLIPWAY_ACCESS": "tokens", "SLIPWAY_API_TOKENS_FILE": str(tokens)}
    with ray_head(port, variables=asking) as head:
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
