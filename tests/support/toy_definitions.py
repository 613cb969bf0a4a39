"""A code location small enough for tests of the stack: one asset that waits for a file to go."""

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


toy_pipeline = dg.define_asset_job("toy_pipeline", [waited], tags={"slipway/model": "toy"})

defs = dg.Definitions(assets=[waited], jobs=[toy_pipeline], executor=dg.in_process_executor)
