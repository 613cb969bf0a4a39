"""What everyone serves: one fitted pipeline of 20 columns, and the same JSON bodies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import orjson
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from platform_assets.ml.export import export
from serving.bundle import Bundle, BundleContents, GoldenRows, write_bundle
from serving.signature import Column, Signature

NUMBERS = tuple(f"number_{place}" for place in range(14))
TEXTS = tuple(f"text_{place}" for place in range(6))
WORDS = ("de", "fr", "jp", "us")
ROWS = (1, 32, 1000)
TOLERANCE = 1e-4

SIGNATURE = Signature(
    model="wide",
    task="binary",
    columns=(
        *(Column(name=name, type="float", nullable=False) for name in NUMBERS),
        *(Column(name=name, type="string", nullable=False) for name in TEXTS),
    ),
    classes=("no", "yes"),
)


@dataclass(frozen=True)
class Case:
    """Files under `folder`: `pipeline.joblib`, `model.onnx`, and a body for each count of rows.

    `expected` are the answers of scikit-learn, by count of rows.
    """

    folder: Path
    bundle: Bundle
    bodies: Mapping[int, Path]
    expected: Mapping[int, list[float]]


def build(folder: Path) -> Case:
    """Fit, export and write everything that the contestants read."""
    seen, holdout = table(4000, 0), table(max(ROWS), 1)
    pipeline = unfitted().fit(seen, told(seen))
    joblib.dump(pipeline, folder / "pipeline.joblib")
    exported = export(pipeline, SIGNATURE, holdout, seen, TOLERANCE)
    if exported.runtime != "onnx":
        raise RuntimeError(f"expected ONNX, got {exported.runtime}: {exported.reason}")
    (folder / "model.onnx").write_bytes(exported.model)
    scores = pipeline.predict_proba(holdout)[:, 1].tolist()
    rows = tuple(holdout.head(5).to_dict("records"))
    contents = BundleContents(
        runtime="onnx",
        model=exported.model,
        signature=SIGNATURE,
        golden=GoldenRows(rows=rows, scores=tuple(scores[:5]), tolerance=TOLERANCE),
        reference={"rows": len(seen)},
        environment={"benchmark": "serving"},
    )
    bodies = {count: write_body(folder, holdout.head(count)) for count in ROWS}
    expected = {count: scores[:count] for count in ROWS}
    return Case(folder, write_bundle(folder / "bundles", contents), bodies, expected)


def write_body(folder: Path, rows: pd.DataFrame) -> Path:
    """The form of MLflow's `/invocations`, which every contestant is asked in."""
    path = folder / f"body-{len(rows)}.json"
    split = rows.to_dict("split", index=False)
    path.write_bytes(orjson.dumps({"dataframe_split": split}))
    return path


def table(rows: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.normal(50, 20, (rows, len(NUMBERS))).round(3), columns=NUMBERS)
    for name in TEXTS:
        frame[name] = draw.choice(np.array(WORDS, dtype=object), rows)
    return frame


def told(frame: pd.DataFrame) -> pd.Series:
    return (frame[NUMBERS[0]] + frame[NUMBERS[1]] + 30 * (frame[TEXTS[0]] == "jp") > 110) * 1


def unfitted() -> Pipeline:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    text = make_column_selector(dtype_include="object")
    return make_pipeline(
        make_column_transformer((words, text), remainder=numbers), LogisticRegression(max_iter=1000)
    )
