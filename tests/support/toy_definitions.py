"""A code location small enough for tests of the stack.

One asset waits for a file to go, another never ends.
"""

import itertools
import os
import time
from pathlib import Path

import dagster as dg

FOLDER = Path(os.environ.get("SLIPWAY_HOME", "."))


@dg.asset(group_name="toy", key_prefix="toy")
def waited() -> dg.MaterializeResult[None]:
    """Materialized once no file called `wait` is there any more."""
    (FOLDER / "begun").write_text(str(os.getpid()))
    while (FOLDER / "wait").exists():
        time.sleep(0.05)
    return dg.MaterializeResult(metadata={"pid": os.getpid()})


@dg.asset(group_name="endless", key_prefix="endless")
def endless() -> None:
    """Never comes back from compiled code, which hears no signal."""
    sum(itertools.repeat(1))


endless_pipeline = dg.define_asset_job(
    "endless_pipeline", [endless], tags={"slipway/model": "endless", "dagster/max_runtime": "3"}
)
toy_pipeline = dg.define_asset_job("toy_pipeline", [waited], tags={"slipway/model": "toy"})

defs = dg.Definitions(
    assets=[waited, endless],
    jobs=[toy_pipeline, endless_pipeline],
    executor=dg.in_process_executor,
)
