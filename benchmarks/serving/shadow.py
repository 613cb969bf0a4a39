"""What scoring twice behind the answer adds for callers: `python -m benchmarks.serving.shadow`.

Two doors side by side, one with a candidate that scores every request again, asked in turn over one
connection each. Prints Markdown.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.telling import head, load_told, row
from serving.bundle import Bundle, write_bundle
from serving.ingress import Ingress
from serving.rollout import Rollout
from serving.settings import ServingSettings
from tests.support.bundles import LINE_BODY, line_contents, skops_line
from tests.support.door import listening

HEADINGS = (
    *("candidate", "p50 alone, ms", "p50 with shadow, ms"),
    *("added, ms", "pairs", "dropped"),
)
ROUND = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with load_told(), tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as folder:
        print(head(HEADINGS))
        live = write_bundle(Path(folder), line_contents())
        for name, candidate in candidates(Path(folder)).items():
            print(row((name, *compared(live, candidate, rounds))), flush=True)


def candidates(folder: Path) -> dict[str, Bundle]:
    return {
        "ONNX Runtime": write_bundle(folder, line_contents(bias=1.0)),
        "scikit-learn on pandas": write_bundle(folder, skops_line()),
    }


def compared(live: Bundle, candidate: Bundle, rounds: int) -> tuple[object, ...]:
    """The cells of the table but the first."""
    alone, beside = rollout(live, None), rollout(live, candidate)
    settings = ServingSettings()
    with listening(Ingress(alone, settings)) as one, listening(Ingress(beside, settings)) as two:
        connections = [HTTPConnection(urlsplit(url).netloc) for url in (one, two)]
        waits: list[list[float]] = [[], []]
        for _ in range(rounds):
            for connection, found in zip(connections, waits, strict=True):
                found.extend(asked(connection))
    if beside.canary is None:
        raise AssertionError("the candidate was refused")
    pairs = beside.canary.told()["pairs"]
    p50 = [float(np.median(found)) for found in waits]
    waited = (f"{one:.3f}" for one in (*p50, p50[1] - p50[0]))
    return *waited, pairs["requests"], pairs["dropped"]


def rollout(live: Bundle, candidate: Bundle | None) -> Rollout:
    made = Rollout(live.signature.model)
    config = {"bundle": target(live, "1")}
    if candidate is not None:
        config["canary"] = {"bundle": target(candidate, "2"), "weight": 0.0}
    asyncio.run(made.apply(config))
    return made


def target(bundle: Bundle, version: str) -> dict[str, str]:
    return {"uri": bundle.folder.as_uri(), "digest": bundle.digest, "version": version}


def asked(connection: HTTPConnection) -> Sequence[float]:
    """Milliseconds of each of a round's answers."""
    found = []
    for _ in range(ROUND):
        begun = time.perf_counter()
        connection.request("POST", "/invocations", LINE_BODY, {"Content-Type": "application/json"})
        connection.getresponse().read()
        found.append((time.perf_counter() - begun) * 1000)
    return found


if __name__ == "__main__":
    main()
