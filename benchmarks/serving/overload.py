"""More than can be answered: what becomes of the requests, and of those that come afterwards.

    .venv/bin/python -m benchmarks.serving.overload [SECONDS]

One replica of real Ray Serve behind HAProxy serves a scikit-learn pipeline. What it can answer
is measured first, then it is offered multiples of that, and half of it again at the end; first
with the bound on waiting as it is by default, then with one that is never met.
"""

import asyncio
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import orjson

from benchmarks.serving.open_loop import CALLERS, OK, Run, capacity, offer
from benchmarks.telling import head, row
from gitops.manifest import serve_application
from serving.bundle import write_bundle
from tests.support.bundles import fraud_contents
from tests.support.ray_head import ray_head
from tests.support.releases import serving

PORT = 26400
BOUNDS = ("100", "60000")
LOADS = (0.5, 1.0, 2.0, 4.0, 0.5)
SECONDS = 10.0
REFUSED = 503
COLUMNS = (
    *("load", "offered/s", "answered/s", "p50 ms", "p99 ms"),
    *("refused", "told when to come back", "p99 of refusals ms", "other"),
)


def cells(load: float, run: Run, seconds: float) -> list[str]:
    refused = run.count(REFUSED)
    other = Counter(one.status for one in run.answers if one.status not in (OK, REFUSED))
    told = sum(one.retry for one in run.answers if one.status == REFUSED)
    return [
        f"{load:g} x",
        f"{run.rate:,.0f}",
        f"{run.count(OK) / seconds:,.0f}",
        f"{run.percentile(50, OK):,.0f}",
        f"{run.percentile(99, OK):,.0f}",
        f"{refused / len(run.answers):.0%}",
        f"{told / refused:.0%}" if refused else "",
        f"{run.percentile(99, REFUSED):,.0f}" if refused else "",
        ", ".join(f"{count} x {status}" for status, count in other.items()),
    ]


async def measure(url: str, body: bytes, seconds: float) -> None:
    most = await capacity(url, body, seconds)
    print(f"{CALLERS} callers without pause: {most:,.0f} answers/s\n")
    print(head(COLUMNS))
    for load in LOADS:
        run = await offer(url, body, load * most, seconds)
        print(row(cells(load, run, seconds)), flush=True)


def main(seconds: float) -> None:
    for bound in BOUNDS:
        os.environ["SLIPWAY_MAX_WAIT_MS"] = bound
        print(f"\n## SLIPWAY_MAX_WAIT_MS={bound}\n")
        overload(seconds)


def overload(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder, ray_head(PORT) as ray:
        bundle = write_bundle(Path(folder), fraud_contents())
        ray.deploy(serve_application(serving(bundle, "production", max_ongoing_requests=1000)))
        ray.wait_for("fraud", "RUNNING")
        body = orjson.dumps({"instances": [dict(bundle.golden.rows[0])]})
        asyncio.run(measure(f"{ray.serve}/fraud/invocations", body, seconds))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
