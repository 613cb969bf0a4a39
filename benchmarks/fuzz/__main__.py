"""100,000 inputs that nobody means to send: `make fuzz`, or `python -m benchmarks.fuzz COUNT`.

A running endpoint is asked by schemathesis, the parsers are given what hypothesis builds and what
atheris finds, and the door gets damaged requests for the rest. Ends with 1 if anything was answered
with 5xx, raised, no longer answered, or held more memory or file handles than is allowed.
"""

import argparse
import asyncio
import importlib.util
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import orjson

from benchmarks.fuzz import damaged, documented, parsers
from resources.settings import CHECKOUT
from tests.support.bundles import TRANSACTIONS, fraud_contents
from tests.support.doors import now_live, rollout_of

COUNT = 100_000
BUILT, GUIDED = 0.06, 0.3
EXAMPLES = 100
SEED = 7
MOST_BYTES = 4096
MOST_MIB = 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=COUNT)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="For each operation.")
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        raise SystemExit("atheris is not installed; `make fuzz` does that")
    with tempfile.TemporaryDirectory(prefix="f") as made:
        problems = run(asked.count, asked.examples, Path(made))
    print("\n".join(problems) or "nothing was wrong")
    return int(bool(problems))


def run(count: int, examples: int, folder: Path) -> list[str]:
    """What was wrong."""
    begun = time.monotonic()
    by_document = documented.attack(examples, folder)
    told = by_document.told
    say(f"{told.total():,} by schemathesis at a running endpoint: {statuses(told)}", begun)
    built = parsers.attack(TRANSACTIONS, round(count * BUILT / len(parsers.PARSERS)))
    say(f"{built:,} by hypothesis for the parsers", begun)
    found, problems = guided(round(count * GUIDED), folder)
    say(f"{found:,} by atheris for the parsers", begun)
    rest = max(0, count - told.total() - built - found)
    stood = asyncio.run(damaged.attack(rest, folder))
    say(f"{rest:,} damaged requests at the door: {statuses(stood.told)}", begun)
    say(f"MiB on the way: {[round(one) for one in stood.mib]}, handles: {stood.handles}", begun)
    return [*by_document.problems, *problems, *stood.problems]


def guided(runs: int, folder: Path) -> tuple[int, list[str]]:
    """How many inputs there were, and what was wrong; begins with good requests."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(asyncio.run(good(folder))):
        (corpus / str(number)).write_bytes(seed)
    command = (
        *(sys.executable, "-m", "benchmarks.fuzz.guided", str(corpus)),
        *(f"-runs={runs}", f"-seed={SEED}", f"-max_len={MOST_BYTES}"),
        *(f"-rss_limit_mb={MOST_MIB}", f"-artifact_prefix={folder}/"),
    )
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        return 0, [f"atheris ended with {done.returncode}: {done.stderr[-4000:]}"]
    return runs, []


async def good(folder: Path) -> list[bytes]:
    """Bodies that are answered, each for every parser."""
    live = now_live(await rollout_of(fraud_contents(), folder / "good"))
    bodies = [body for _, body, _ in damaged.seeds(live)]
    return [bytes([choice]) + one for choice in range(len(parsers.PARSERS)) for one in bodies]


def statuses(told: Counter[int]) -> str:
    return orjson.dumps({str(one): told[one] for one in sorted(told)}).decode()


def say(text: str, begun: float) -> None:
    print(f"{time.monotonic() - begun:4.0f} s: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
