"""What each packaged peer does with a request: a frame from the JSON, scored by the pipeline."""

import os
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

PIPELINE = joblib.load(Path(os.environ["BENCH_CASE"]) / "pipeline.joblib")


def predictions(document: dict[str, Any]) -> dict[str, list[float]]:
    split = document["dataframe_split"]
    frame = pd.DataFrame(split["data"], columns=split["columns"])
    return {"predictions": PIPELINE.predict_proba(frame)[:, 1].tolist()}
