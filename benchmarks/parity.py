"""What a model is served by, how far that is from scikit-learn, and what one row costs.

    make bench-parity          (or: .venv/bin/python -m benchmarks.parity --calls 500)

The two example models, and three further estimators on a made-up table with gaps and text. Both
runtimes answer the same row in turns, in one process, on one thread. Prints Markdown.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.telling import row
from platform_assets.defs.diabetes.source import patients
from platform_assets.defs.fraud.simulator import simulate
from platform_assets.errors import ExportError
from platform_assets.ml.export import Export, columns, export, scorer
from platform_assets.ml.onnx_file import to_onnx
from platform_assets.ml.parity import Parity
from platform_assets.ml.scoring import as_fitted, scores
from platform_assets.ml.signature import signature_of
from platform_assets.ml.skops_file import to_skops
from platform_assets.ml.splits import split
from serving.signature import Column, Signature, Task
from tests.defs.path import folder

TOLERANCE = {"binary": 1e-4, "multiclass": 1e-4, "regression": 1e-3}
CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "high"), "regression": ()}
NUMBERS, WORDS = tuple(f"number {place}" for place in range(8)), ("de", "fr", "jp", "us")


@dataclass(frozen=True)
class Case:
    """A fitted model with the rows that it is compared on."""

    name: str
    pipeline: Pipeline
    signature: Signature
    holdout: pd.DataFrame
    seen: pd.DataFrame


@dataclass(frozen=True)
class Measured:
    """One line of the table; sizes in bytes, None where there is no such file, times in µs."""

    case: Case
    exported: Export
    onnx_bytes: int | None
    skops_bytes: int | None
    sklearn: float
    served: float


def further() -> Iterator[Case]:
    """Three estimators, each for the tasks it knows."""
    scale = (StandardScaler(),)
    forest = {"n_estimators": 100, "max_depth": 10, "random_state": 0}
    for name, task, last, steps in (
        ("logistic regression", "binary", LogisticRegression(max_iter=1000), scale),
        ("logistic regression", "multiclass", LogisticRegression(max_iter=1000), scale),
        ("random forest", "binary", RandomForestClassifier(**forest), ()),
        ("random forest", "regression", RandomForestRegressor(**forest), ()),
        ("gradient boosting", "binary", GradientBoostingClassifier(random_state=0), ()),
        ("gradient boosting", "multiclass", GradientBoostingClassifier(random_state=0), ()),
        ("gradient boosting", "regression", GradientBoostingRegressor(random_state=0), ()),
        ("random forest behind a scaler", "binary", RandomForestClassifier(**forest), scale),
    ):
        (seen, target), (holdout, _) = table(task, 4000, 0), table(task, 1000, 1)
        yield Case(name, pipeline(last, *steps).fit(seen, target), described(task), holdout, seen)


def examples() -> Iterator[Case]:
    """The two models that come with Slipway, as they ship, without their search."""

    for name, frame in (("fraud", simulate(20)), ("diabetes", patients())):
        model = folder(name)
        spec = model.spec
        parts = split(frame, spec.split, target=spec.target, time=spec.time, task=spec.task)
        names = [] if spec.task == "regression" else ["False", "True"]
        signature = signature_of(name, spec.task, model.contract, spec.features, classes=names)
        seen, holdout = parts.train[spec.features], parts.holdout[spec.features]
        fitted = model.build().fit(as_fitted(seen), parts.train[spec.target].astype(float))
        yield Case(f"{name} ({type(fitted[-1]).__name__})", fitted, signature, holdout, seen)


def table(task: Task, rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """Eight numbers with gaps in two, one text, and what they tell."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.normal(50, 20, (rows, len(NUMBERS))).round(2), columns=NUMBERS)
    frame["word"] = draw.choice(np.array(WORDS, dtype=object), rows)
    told = frame[NUMBERS[0]] + 0.02 * frame[NUMBERS[1]] ** 2 + 30 * (frame["word"] == "jp")
    told = (told + draw.normal(0, 10, rows)).to_numpy()
    for place in (2, 3):
        frame.loc[draw.random(rows) < 0.1, NUMBERS[place]] = np.nan
    cuts = {"binary": [115], "multiclass": [90, 140]}
    return frame, told if task == "regression" else np.digitize(told, cuts[task])


def described(task: Task) -> Signature:
    numbers = [Column(name=name, type="float", nullable=name in NUMBERS[2:4]) for name in NUMBERS]
    word = Column(name="word", type="string", nullable=False, categories=(*WORDS, "never seen"))
    return Signature(model="table", task=task, columns=(*numbers, word), classes=CLASSES[task])


def pipeline(last: Any, *numbers: Any) -> Pipeline:
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    steps = make_pipeline(SimpleImputer(strategy="median"), *numbers)
    text = make_column_selector(dtype_include="object")
    return make_pipeline(make_column_transformer((words, text), remainder=steps), last)


def measure(case: Case, calls: int) -> Measured:
    task = case.signature.task
    tolerance = TOLERANCE[task]
    exported = export(case.pipeline, case.signature, case.holdout, case.seen, tolerance)
    row = as_fitted(case.holdout[list(case.signature.names)]).head(1)
    served, arrays = scorer(exported), columns(row, case.signature)
    times = alternate(
        calls,
        lambda: scores(case.pipeline, task, row),
        lambda: served.score(arrays),
    )
    return Measured(
        case,
        exported,
        size(lambda: to_onnx(case.pipeline, case.signature)),
        size(lambda: to_skops(case.pipeline, case.signature.model)[0]),
        *times,
    )


def size(written: Callable[[], bytes]) -> int | None:
    try:
        return len(written())
    except ExportError:
        return None


def alternate(calls: int, *asked: Callable[[], object]) -> list[float]:
    """Median microseconds of each, asked in turns."""
    taken: list[list[float]] = [[] for _ in asked]
    with threadpool_limits(1):
        for _ in range(calls):
            for one, times in zip(asked, taken, strict=True):
                start = time.perf_counter()
                one()
                times.append(time.perf_counter() - start)
    return [float(np.median(times[len(times) // 10 :])) * 1e6 for times in taken]


def line(one: Measured) -> str:
    chosen = [part for part in one.exported.parity if part.runtime == one.exported.runtime]
    edges = chosen[1:]
    cells = [
        one.case.name,
        one.case.signature.task,
        one.exported.runtime,
        f"{chosen[0].rows:,}",
        f"{chosen[0].largest:.1e}",
        f"{sum(part.rows for part in edges):,}",
        f"{max(part.largest for part in edges):.1e}",
        f"{sum(part.rounded for part in edges):,}",
        *("none" if size is None else f"{size:,}" for size in (one.onnx_bytes, one.skops_bytes)),
        f"{one.sklearn:,.0f}",
        f"{one.served:,.0f}",
        f"{one.sklearn / one.served:,.0f}",
    ]
    return row(cells)


def kinds(found: Sequence[Measured]) -> Iterator[str]:
    """What ONNX was wrong on, where it was not taken."""
    for one in found:
        tried: list[Parity] = [part for part in one.exported.parity if part.runtime == "onnx"]
        if one.exported.runtime != "onnx":
            yield f"- {one.case.name}, {one.case.signature.task}: {one.exported.reason}."
            yield from (
                f"  - {part.kind}: {part.over:,} of {part.rows:,} rows, up to {part.largest:.2g}"
                for part in tried
                if part.over
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=500, help="Calls of each runtime and row.")
    calls = parser.parse_args().calls
    warnings.simplefilter("ignore")
    found = [measure(case, calls) for case in (*examples(), *further())]
    print(
        "| model | task | served by | holdout rows | largest difference | edge rows "
        "| largest difference | rounded | ONNX bytes | skops bytes | scikit-learn µs | served µs "
        "| times faster |"
    )
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for one in found:
        print(line(one))
    print(*("", *kinds(found)), sep="\n")


if __name__ == "__main__":
    main()
