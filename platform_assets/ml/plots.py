"""The pictures of a report, one function each; `plots` picks those that suit the task."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from sklearn.metrics import confusion_matrix, precision_recall_curve

from platform_assets.ml.calibration import wilson
from platform_assets.ml.canvas import COLOURS, INK, PAPER, Plot, label, legend, new_axes, png
from platform_assets.ml.figures import CANDIDATE, Figures
from platform_assets.ml.slices import Slice
from serving.quoting import shorten

Array = npt.NDArray[Any]
Scores = Mapping[str, Array]

_CALIBRATION_BINS = 10
_MOST_POINTS = 2_000
_MOST_SLICES = 10
_MOST_CLASSES = 20
_ROOMY_CLASSES = 6
_LONGEST = 44


def plots(
    task: str,
    y: Array,
    models: Scores,
    classes: Sequence[str],
    figures: Figures,
    slices: Sequence[Slice],
    metric: str,
    threshold: float = 0.5,
) -> list[Plot]:
    """Every picture for one holdout.

    `models` are the scores of `candidate` and of what it was compared with, each as
    `figures.measure` takes them; `metric` is the one that the comparison and the slices show;
    a binary answer is positive from `threshold` on.
    """
    candidate, models = models[CANDIDATE], {name: models[name] for name in figures.values}
    own = {
        "binary": lambda: [
            precision_recall(y, models),
            calibration(y, models),
            confusion(
                y,
                (candidate >= threshold).astype(int),
                classes,
                f", positive from {threshold:.3g} on",
            ),
        ],
        "multiclass": lambda: [confusion(y, candidate.argmax(axis=1), classes)],
        "regression": lambda: [predicted(y, candidate), residuals(y, candidate)],
    }
    drawn = [comparison(figures, metric), *own[task]()]
    judged = [one for one in slices if one.figure.known]
    return [*drawn, slice_bars(judged, figures, metric)] if judged else drawn


def comparison(figures: Figures, metric: str) -> Plot:
    """One metric of every model with its interval."""
    models = list(figures.values)[::-1]
    axes = new_axes(height=0.6 + 0.45 * len(models))
    for place, model in enumerate(models):
        found = figures.values[model][metric]
        _whisker(axes, place, found.value, found.low, found.high, _colour(model))
    axes.set_yticks(range(len(models)), models)
    axes.set_ylim(-0.6, len(models) - 0.4)
    axes.margins(x=0.16)
    label(axes, metric, "")
    return Plot(
        "comparison",
        f"{metric} beside the references",
        "Each dot is a model on the holdout, each line its 95 % interval.",
        png(axes),
    )


def precision_recall(y: Array, models: Scores) -> Plot:
    axes = new_axes()
    for model, score in models.items():
        precision, recall, _ = precision_recall_curve(y, score)
        steps = np.flatnonzero(np.diff(recall, append=-1.0))
        steps = steps[_sample(len(steps))]
        width = 2.2 if model == CANDIDATE else 1.3
        axes.step(
            recall[steps],
            precision[steps],
            where="post",
            color=_colour(model),
            lw=width,
            label=model,
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    label(axes, "recall: share of positives found", "precision: share of alarms right")
    legend(axes, "upper right")
    return Plot(
        "precision_recall",
        "Precision and recall",
        "How many alarms are right for every share of positives found.",
        png(axes),
    )


def calibration(y: Array, models: Scores) -> Plot:
    """Probabilities against what happened, in groups of equal probability on a log scale."""
    axes = new_axes()
    shown = {name: models[name] for name in ("champion", CANDIDATE) if name in models}
    lowest = 1.0
    for model, score in shown.items():
        told, seen, low, high = _calibration(y, score)
        lowest = min(lowest, *told, *seen)
        bars = [np.maximum(seen - low, 0), np.maximum(high - seen, 0)]
        axes.errorbar(told, seen, bars, fmt="o-", color=_colour(model), ms=4, lw=1.4, label=model)
    edge = max(lowest / 2, 1e-5)
    axes.plot([edge, 1], [edge, 1], color="#94a3b8", linewidth=1, linestyle=":", label="as told")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(edge, 1.1)
    axes.set_ylim(edge, 1.5)
    label(axes, "probability told", "share that was positive")
    legend(axes, "upper left")
    return Plot(
        "calibration",
        "Calibration",
        "On the dotted line, of all rows told p, a share of p is positive.",
        png(axes),
    )


def confusion(y: Array, given: Array, classes: Sequence[str], rule: str = "") -> Plot:
    """`y` and `given` number the classes of n rows; `rule` says how a class was given."""
    counts = confusion_matrix(y, given, labels=np.arange(len(classes)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.6 + 0.32 * min(len(classes), _MOST_CLASSES)
    size = 10 if len(classes) <= _ROOMY_CLASSES else 7
    axes = new_axes(side, side)
    axes.grid(visible=False)
    axes.imshow(shares, cmap="GnBu", vmin=0, vmax=1)
    if len(classes) <= _MOST_CLASSES:
        axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
        axes.set_yticks(range(len(classes)), classes)
        for (row, column), count in np.ndenumerate(counts):
            colour = PAPER if shares[row, column] > 0.6 else INK
            axes.text(
                column, row, f"{count}", ha="center", va="center", fontsize=size, color=colour
            )
    label(axes, "predicted", "true")
    return Plot(
        "confusion",
        f"Confusion{rule}",
        "Rows are true classes, coloured by the share that was given each class.",
        png(axes),
    )


def predicted(y: Array, score: Array) -> Plot:
    axes = new_axes()
    shown = _sample(len(y))
    axes.scatter(y[shown], score[shown], s=12, alpha=0.55, color=COLOURS[CANDIDATE], lw=0)
    ends = [min(y.min(), score.min()), max(y.max(), score.max())]
    axes.plot(ends, ends, color="#94a3b8", linewidth=1, linestyle=":")
    label(axes, "observed", "predicted")
    return Plot("predicted", "Predicted and observed", "On the dotted line both agree.", png(axes))


def residuals(y: Array, score: Array) -> Plot:
    axes = new_axes()
    shown = _sample(len(y))
    axes.scatter(score[shown], (score - y)[shown], s=12, alpha=0.55, color=COLOURS[CANDIDATE], lw=0)
    axes.axhline(0, color="#94a3b8", linewidth=1, linestyle=":")
    label(axes, "predicted", "error: predicted minus observed")
    return Plot(
        "residuals",
        "Errors along the predictions",
        "A band around zero without a shape is what one hopes for.",
        png(axes),
    )


def slice_bars(slices: Sequence[Slice], figures: Figures, metric: str) -> Plot:
    """The worst groups of rows, and the whole holdout as a line."""
    shown = list(reversed(slices[:_MOST_SLICES]))
    axes = new_axes(height=0.7 + 0.24 * len(shown))
    for place, one in enumerate(shown):
        found = one.figure
        _whisker(axes, place, found.value, found.low, found.high, COLOURS[CANDIDATE], text=False)
    whole = figures.candidate[metric].value
    axes.axvline(whole, color="#94a3b8", linewidth=1, linestyle=":")
    names = [f"{shorten(one.words, _LONGEST)} ({one.rows:,})" for one in shown]
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(-0.6, len(shown) - 0.4)
    label(axes, metric, "")
    return Plot(
        "slices",
        f"{metric} by group, worst first",
        "Groups of rows with their number; the dotted line is the whole holdout.",
        png(axes),
    )


def _whisker(
    axes: Axes, place: int, value: float, low: float, high: float, colour: str, text: bool = True
) -> None:
    axes.plot([low, high], [place, place], color=colour, lw=3, alpha=0.35, solid_capstyle="round")
    axes.plot([value], [place], "o", color=colour, markersize=6)
    if text and np.isfinite(value):
        axes.annotate(
            f"{value:.3g}", (value, place), (0, 7), textcoords="offset points",
            ha="center", fontsize=8, color=INK,
        )  # fmt: skip


def _calibration(y: Array, score: Array) -> tuple[Array, Array, Array, Array]:
    """Mean probability, share of positives and its Wilson interval, in groups with both."""
    floor = max(float(y.mean()) / 20, 1e-5)
    edges = np.geomspace(floor, 1.0, _CALIBRATION_BINS + 1)
    place = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, _CALIBRATION_BINS - 1)
    rows = np.bincount(place, minlength=_CALIBRATION_BINS)
    positives = np.bincount(place, weights=y, minlength=_CALIBRATION_BINS)
    told = np.bincount(place, weights=score, minlength=_CALIBRATION_BINS)
    held = positives > 0
    rows, positives, told = rows[held], positives[held], told[held]
    low, high = wilson(positives, rows)
    return told / rows, positives / rows, low, high


def _colour(model: str) -> str:
    return COLOURS.get(model, INK)


def _sample(rows: int) -> Array:
    chosen: Array = np.linspace(0, rows - 1, min(rows, _MOST_POINTS)).astype(int)
    return chosen
