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
from platform_assets.data.contract import personal_columns
from platform_assets.folder import ModelFolder
from platform_assets.ml.fairness import Treatment, treatments
from platform_assets.ml.fairness_gate import groups_treated_alike
from platform_assets.ml.figures import CANDIDATE, Figures, measure
from platform_assets.ml.found_groups import found_groups
from platform_assets.ml.gates import CHAMPION, GateResult, judge, overall
from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import Metric, metric
from platform_assets.ml.slice_gate import slices_hold
from platform_assets.ml.slices import Slice, named_groups, slices
from platform_assets.model.rows import Rows
from platform_assets.spec import SLICES_HOLD

Scores = npt.NDArray[np.float64]
DUMMY = "dummy"
FOUND = "found by search"
"""What evidence calls the column of a group that nobody named."""


@dataclass(frozen=True)
class Judgement:
    """All that was found on one holdout for one bundle."""

    figures: Figures
    gates: Sequence[GateResult]
    slices: Sequence[Slice]
    treatments: Sequence[Treatment] = ()


def judge_scores(
    folder: ModelFolder, holdout: Rows, models: Mapping[str, Scores], *, threshold: float = 0.5
) -> Judgement:
    """Measure and judge.

    `models` are the scores of `candidate`, `dummy`, `linear`, and of `champion` if there is one,
    each with one score for every row of the holdout, shape (n,) or (n, classes). Binary decisions
    are positive from `threshold` upwards.
    """
    spec = folder.spec
    target = holdout.target
    candidate = models[CANDIDATE]
    references = {name: scores for name, scores in models.items() if name != CANDIDATE}
    figures = measure(spec.task, target, candidate, references, seed=spec.split.seed)
    main = metric(spec.task, spec.metric)
    groups = judged_slices(folder, main, holdout, candidate, models[DUMMY])
    whole = figures.candidate[spec.metric].value
    gates = [*judge(spec.gates, figures), slices_hold(main, whole, groups, spec.slices)]
    treated = treatments(
        spec.task, target, candidate, holdout.frame, spec.fairness,
        threshold=threshold, seed=spec.split.seed,
    )  # fmt: skip
    if treated:
        gates.append(groups_treated_alike(spec.task, treated, spec.fairness))
    return Judgement(figures, gates, groups, treated)


def judged_slices(
    folder: ModelFolder, main: Metric, holdout: Rows, candidate: Scores, dummy: Scores
) -> list[Slice]:
    """The groups that `defs.yaml` names, and those that a search finds, measured."""
    spec, frame, target = folder.spec, holdout.frame, holdout.target
    looked_at = frame[searchable(folder, frame.columns.tolist())]
    seed = spec.split.seed
    found = found_groups(main, target, candidate, looked_at, spec.slices, seed=seed)
    named = named_groups(frame, spec.slices)
    return slices(main, target, candidate, dummy, [*named, *found])


def searchable(folder: ModelFolder, columns: Sequence[str]) -> list[str]:
    """The columns in which groups may be found: none that names a row, its time or a person."""
    spec = folder.spec
    kept_out = {spec.id, spec.time, spec.target, *personal_columns(folder.contract)}
    return [name for name in columns if name in folder.contract.columns and name not in kept_out]


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
    """A gate's result in the words of promotions; that nothing was there to judge is said."""
    absent = gate.observed is None and gate.passed
    return Verdict(
        check=gate.name,
        passed=gate.passed,
        metric=gate.metric,
        observed=_absent(gate) if absent else gate.observed,
        threshold=gate.threshold,
        message=gate.message,
        outcome=gate.outcome,
    )


def _absent(gate: GateResult) -> str:
    return "no group" if gate.name == SLICES_HOLD else "no other champion"


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
        column=one.column or FOUND,
        value=one.value,
        rows=one.rows,
        metric=metric_name,
        score=_finite(found.value),
        low=_finite(found.low),
        high=_finite(found.high),
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
