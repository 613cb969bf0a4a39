"""How each side is measured: the work alone, in a process of its own that has done it before."""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.ingestion.payments import write_payments

WARM_ROWS = 1_000


def timed(clean: Callable[[Path, Path], tuple[int, int]]) -> None:
    """Print seconds of wall and processor, peak memory in MiB, and the rows of both kinds.

    `clean` takes the file and the folder named on the command line. It has cleaned a small file
    before: libraries import much on first use, which a host of runs has behind it.
    """
    with tempfile.TemporaryDirectory() as folder:
        clean(write_payments(Path(folder) / "warm.csv", WARM_ROWS), Path(folder))
    wall, processor = time.perf_counter(), time.process_time()
    good, bad = clean(Path(sys.argv[1]), Path(sys.argv[2]))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"wall": wall, "processor": processor, "peak": peak, "clean": good, "bad": bad}
    sys.stdout.write(json.dumps(figures) + "\n")
