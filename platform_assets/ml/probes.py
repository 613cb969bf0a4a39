"""What is asked of a candidate beyond its figures: does it tell the truth, on what does it lean?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from platform_assets.ml.calibration import Calibration, calibration
from platform_assets.ml.importance import Importance, importances, rows_asked
from platform_assets.ml.metrics import metric
from platform_assets.ml.stress import MOST_ROWS, Stress, stress
from serving.scorer import Scorer
from serving.signature import Signature

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Probes:
    """What was found, and how many rows of the holdout were asked for it."""

    calibration: Calibration
    importances: Sequence[Importance]
    importance_rows: int
    stress: Sequence[Stress]
    stress_rows: int


def probe(
    signature: Signature,
    main: str,
    y: Array,
    score: Array,
    columns: Mapping[str, Array],
    scorer: Scorer,
    *,
    seed: int = 0,
) -> Probes:
    """Ask the served model.

    Parameters
    ----------
    main
        The metric in which the worth of a feature is told.
    y, score
        The holdout's target and the scores on it, as in `Metric.prepare`.
    columns
        The same n rows as `scorer` takes them.
    """
    task = signature.task
    return Probes(
        calibration=calibration(task, y, score, seed=seed),
        importances=importances(metric(task, main), y, columns, scorer, seed=seed),
        importance_rows=rows_asked(len(y), len(columns)),
        stress=stress(signature, y, columns, scorer, seed=seed),
        stress_rows=min(len(y), MOST_ROWS),
    )
