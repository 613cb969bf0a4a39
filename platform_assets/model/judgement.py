"""Judging a candidate: its scores on the holdout beside the champion's and the baselines'.

Pure: rows and scores go in, figures and verdicts come out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gitops.conditions import Verdict
from gitops.evidence import Figure, SliceFigure
from platform_assets.folder import ModelFolder
from platform_assets.ml.figures import CANDIDATE, Figures, measure
from platform_assets.ml.gates import CHAMPION, GateResult, judge, overall
from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import metric
from platform_assets.ml.slices import Slice, slices
from platform_assets.model.rows import Rows

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judgement:
    """All that was found on one holdout for one bundle."""

    figures: Figures
    gates: Sequence[GateResult]
    slices: Sequence[Slice]


def judge_scores(folder: ModelFolder, holdout: Rows, models: Mapping[str, Scores]) -> Judgement:
    """Measure and judge.

    `models` are the scores of `candidate`, `dummy`, `linear`, and of `champion` if there is one,
    each with one score for every row of the holdout, shape (n,) or (n, classes).
    """
    spec = folder.spec
    target = holdout.target
    candidate = models[CANDIDATE]
    references = {name: scores for name, scores in models.items() if name != CANDIDATE}
    figures = measure(spec.task, target, candidate, references, seed=spec.split.seed)
    main = metric(spec.task, spec.metric)
    groups = slices(main, target, candidate, holdout.frame, spec.slices)
    return Judgement(figures, judge(spec.gates, figures), groups)


def as_document(folder: ModelFolder, judgement: Judgement) -> dict[str, Any]:
    """The judgement as plain JSON values, in the terms of a promotion's evidence."""
    figures = judgement.figures
    return {
        "outcome": overall(judgement.gates),
        "gates": [verdict(gate).to_dict() for gate in judgement.gates],
        "figures": [asdict(_figure(figures, name)) for name in _known(figures)],
        "slices": [asdict(_slice(folder.spec.metric, one)) for one in judgement.slices],
    }


def verdict(gate: GateResult) -> Verdict:
    """A gate's result in the words of promotions; a champion's absence is said as such."""
    absent = gate.observed is None and gate.passed
    return Verdict(
        check=gate.name,
        passed=gate.passed,
        metric=gate.metric,
        observed="no champion" if absent else gate.observed,
        threshold=gate.threshold,
        message=gate.message,
        outcome=gate.outcome,
    )


def _known(figures: Figures) -> list[str]:
    return [name for name, found in figures.candidate.items() if np.isfinite(found.value)]


def _figure(figures: Figures, name: str) -> Figure:
    others = {model: values[name] for model, values in figures.values.items() if model != CANDIDATE}
    champion = others.pop(CHAMPION, None)
    found = figures.candidate[name]
    return Figure(
        metric=name,
        value=found.value,
        low=_finite(found.low),
        high=_finite(found.high),
        champion=champion.value if champion else None,
        baselines={model: one.value for model, one in others.items() if np.isfinite(one.value)},
    )


def _slice(metric_name: str, one: Slice) -> SliceFigure:
    found: Interval = one.figure
    return SliceFigure(
        column=one.column,
        value=one.value,
        rows=one.rows,
        metric=metric_name,
        score=_finite(found.value),
        low=_finite(found.low),
        high=_finite(found.high),
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
