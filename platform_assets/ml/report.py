"""One page that says whether a candidate is fit for release, and why: `page/`, filled in.

The page needs nothing but itself: style and pictures are inside.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from platform_assets.ml.calibration import Calibration, Tenth
from platform_assets.ml.canvas import Plot
from platform_assets.ml.changes import Change
from platform_assets.ml.fairness import Treatment
from platform_assets.ml.figures import CANDIDATE, Figures
from platform_assets.ml.gates import CHAMPION, GateResult, Outcome, overall
from platform_assets.ml.importance import useless
from platform_assets.ml.intervals import SAMPLES, Interval
from platform_assets.ml.metrics import metric
from platform_assets.ml.parity import Parity
from platform_assets.ml.probes import Probes
from platform_assets.ml.slices import Slice, worst
from platform_assets.ml.staleness import Staleness
from platform_assets.ml.stress import stress_sentence
from platform_assets.ml.whisker import Axis, axis, whisker

_TEMPLATE = "report.html.j2"
_FEW_ROWS = 500
_MOST_SLICES = 20
_MOST_STRESS = 12
_NO_PAST = Staleness([], 0, {}, "There is no earlier model yet.")
_TITLES = {
    "pass": "fit for release",
    "fail": "not fit for release",
    "inconclusive": "inconclusive",
}


@dataclass(frozen=True)
class DataCheck:
    """A check of the data; `inconclusive` is a warning."""

    name: str
    outcome: Outcome
    message: str


@dataclass(frozen=True)
class ReportFacts:
    """All that the page shows.

    `metric` is the one it opens with; `runtime` is `onnx` or `skops`, with the sentence why and
    what was compared for it in `parity`; `trials` are the parameters and the validation figure of
    each fit of the search, `edges` say where the best lies at an end of what was tried; `lineage`
    is shown as it is, in order: versions, digests, commits, addresses; `personal` names the columns
    that tell who somebody is; `card` holds what a person said of the model, or None; `data` is
    shown as it is.
    """

    model: str
    description: str
    owners: Sequence[str]
    digest: str
    made: str
    metric: str
    figures: Figures
    gates: Sequence[GateResult]
    slices: Sequence[Slice]
    probes: Probes
    plots: Sequence[Plot]
    runtime: str
    runtime_reason: str
    trials: Sequence[tuple[Mapping[str, Any], float]]
    lineage: Mapping[str, str]
    personal: Sequence[str] = ()
    treatments: Sequence[Treatment] = ()
    parity: Sequence[Parity] = ()
    edges: Sequence[str] = ()
    card: Mapping[str, str | None] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    staleness: Staleness = _NO_PAST
    data: Mapping[str, str] = field(default_factory=dict)
    data_checks: Sequence[DataCheck] = ()


def render_report(facts: ReportFacts) -> str:
    """The page as HTML; equal facts give an equal page."""
    found = facts.probes
    return (
        environment()
        .get_template(_TEMPLATE)
        .render(
            facts=facts,
            outcome=overall(facts.gates),
            title=_TITLES[overall(facts.gates)],
            verdict=verdict(facts),
            headline=headline(facts),
            remarks=remarks(facts),
            rows=_rows(facts),
            models=list(facts.figures.values),
            slices=facts.slices[:_MOST_SLICES],
            hidden_slices=max(len(facts.slices) - _MOST_SLICES, 0),
            slice_scale=_slice_scale(facts),
            importance=importance(found),
            loss_scale=axis([one.loss for one in found.importances], 0.0),
            stale_scale=_stale_scale(facts.staleness),
            cost_scale=axis([one.cost for one in facts.staleness.models], 0.0),
            stress=stress_sentence(found.stress),
            most_stress=_MOST_STRESS,
            flips=facts.figures.task != "regression",
            best_trial=best_trial(facts),
            missing=[name for name, said in facts.card.items() if not said],
            samples=SAMPLES,
        )
    )


def importance(found: Probes) -> str:
    """Which features the model would be no worse without."""
    names = useless(found.importances)
    if not names:
        return "The model is worse without any of its features, beyond chance."
    listed = ", ".join(names)
    return (
        f"Without {listed} the model would be no worse, beyond chance: {len(names)} of "
        f"{len(found.importances)} features show no worth on {found.importance_rows:,} rows."
    )


def verdict(facts: ReportFacts) -> str:
    """The one sentence that the page is about."""
    gates = facts.gates
    if not gates:
        return "Not fit for release: no gate was judged."
    match overall(gates):
        case "pass":
            return f"Fit for release: {len(gates)} of {len(gates)} gates pass."
        case "fail":
            return f"Not fit for release: {_named(gates, 'fail', 'fail')}."
        case "inconclusive":
            unsure = _named(gates, "inconclusive", "cannot be told")
            return f"Inconclusive: {unsure}; {_wanted_rows(facts)}."


def headline(facts: ReportFacts) -> str:
    """The main figure, on how many rows, and beside what has to be beaten."""
    figures, name = facts.figures, facts.metric
    parts = [f"{name} is {figures.candidate[name]} on {figures.rows:,} held-out rows"]
    parts += [_beside(model, better[name]) for model, better in figures.improvements.items()]
    if CHAMPION not in figures.improvements:
        parts.append("there is no other champion")
    return "; ".join(parts) + "."


def remarks(facts: ReportFacts) -> list[str]:
    """What a careful reader should know before believing the figures."""
    found = []
    if facts.figures.rows < _FEW_ROWS:
        found.append(
            f"The holdout has {facts.figures.rows} rows only, so the intervals are wide: a "
            "difference within them says little."
        )
    weakest = worst(facts.slices)
    whole = facts.figures.candidate[facts.metric]
    if weakest is not None and _clearly_worse(facts, weakest.figure, whole):
        found.append(
            f"The model is clearly worse where {weakest.words}: "
            f"{weakest.figure} on {weakest.rows:,} rows."
        )
    unknown = sum(not np.isfinite(one.figure.value) for one in facts.slices)
    if unknown:
        found.append(
            f"{facts.metric} is undefined on {unknown} of {len(facts.slices)} groups of rows."
        )
    if facts.probes.calibration.off:
        found.append(facts.probes.calibration.sentence)
    if facts.runtime == "skops":
        found.append("The model is served by scikit-learn, which takes milliseconds for a row.")
    return found


def best_trial(facts: ReportFacts) -> int:
    """The position of the trial that was chosen; -1 without any."""
    judge = metric(facts.figures.task, facts.metric)
    return judge.best([score for _, score in facts.trials]) if facts.trials else -1


def number(value: float | None) -> str:
    """Four digits, as few characters as they need; a dash for what is not known."""
    return "-" if value is None or not np.isfinite(value) else f"{value:.4g}"


def _named(gates: Sequence[GateResult], outcome: str, verb: str) -> str:
    found = [gate.name for gate in gates if gate.outcome == outcome]
    return f"{len(found)} of {len(gates)} gates {verb} ({', '.join(found)})"


def _wanted_rows(facts: ReportFacts) -> str:
    """What would settle the gates that are inconclusive: as many rows as the hardest needs."""
    needed = [gate.rows_needed for gate in facts.gates if gate.outcome == "inconclusive"]
    known = [rows for rows in needed if rows is not None]
    if len(known) < len(needed):
        return "a figure is too close to what is asked for that more rows would tell"
    return (
        f"more data needed, about {max(known):,} rows in the holdout (now {facts.figures.rows:,})"
    )


def percent(value: float | None) -> str:
    """A share in per cent, one digit behind the point; a dash for what is not known."""
    return "-" if value is None or not np.isfinite(value) else f"{value:.1%}".replace("%", " %")


def environment() -> Environment:
    """The templates of pages, and how they show numbers."""
    loader = FileSystemLoader(str(files(__package__).joinpath("page")))
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    found.filters.update(
        number=number,
        percent=percent,
        words=_words,
        whisker=whisker,
        seen_scale=_seen_scale,
        base64=_base64,
    )
    return found


def _slice_scale(facts: ReportFacts) -> Axis:
    whole = facts.figures.candidate[facts.metric].value
    return axis([one.figure for one in facts.slices], whole)


def _stale_scale(found: Staleness) -> Axis:
    figures = [one.figure for one in found.models]
    return axis(figures, found.candidate.value if found.candidate else None)


def _seen_scale(tenth: Tenth, found: Calibration) -> Axis:
    """What was seen in all tenths, with a mark at what this one was told."""
    told = [Interval(one.told, one.told, one.told) for one in found.tenths]
    whole = axis([*told, *(one.seen for one in found.tenths)])
    return Axis(whole.low, whole.high, tenth.told)


def _beside(model: str, better: Interval) -> str:
    if better.low > 0:
        return f"{better} better than {model}"
    if better.high < 0:
        worse = Interval(-better.value, -better.high, -better.low)
        return f"{worse} worse than {model}"
    return f"no better or worse than {model} beyond chance, {better}"


def _clearly_worse(facts: ReportFacts, part: Interval, whole: Interval) -> bool:
    greater = metric(facts.figures.task, facts.metric).greater_is_better
    return part.high < whole.low if greater else part.low > whole.high


def _rows(facts: ReportFacts) -> list[dict[str, Any]]:
    """One row of the figures' table for each metric."""
    figures = facts.figures
    return [
        {
            "name": name,
            "metric": metric(figures.task, name),
            "values": [figures.values[model][name] for model in figures.values],
            "better": {
                model: figures.improvements[model][name]
                for model in figures.values
                if model != CANDIDATE
            },
        }
        for name in figures.candidate
    ]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
