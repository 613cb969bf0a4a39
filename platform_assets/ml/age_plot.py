"""The picture of what age costs: earlier models and the candidate, scored on the same rows."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from platform_assets.ml.canvas import COLOURS, INK, Plot, label, new_axes, png
from platform_assets.ml.figures import CANDIDATE
from platform_assets.ml.intervals import Interval
from platform_assets.ml.staleness import Stale, Staleness

_EARLIER = "#64748b"
_CAPTION = (
    "Each dot is a model on the rows that no earlier one learned from, each line its 95 % "
    "interval; the dotted line is the candidate."
)


def age_plots(found: Staleness, metric: str) -> list[Plot]:
    """The picture of `metric` by age; empty where there is none to draw."""
    axes = age_axes(found, metric)
    return [] if axes is None else [Plot("age", f"{metric} now, by age", _CAPTION, png(axes))]


def age_axes(found: Staleness, metric: str) -> Axes | None:
    """Models by age in days, or in turn if days do not tell them apart; the candidate at 0.

    Earlier models without a figure are left out; None if none is left, or if the candidate has no
    figure.
    """
    models = [one for one in found.models if one.figure.known]
    if not models or found.candidate is None or not found.candidate.known:
        return None
    axes = new_axes(height=2.8)
    days = _by_days(models)
    label(axes, "days older than the candidate" if days else "", metric)
    places = days or _in_turn(axes, models)
    axes.axhline(found.candidate.value, color=COLOURS[CANDIDATE], linewidth=1, linestyle=":")
    _dot(axes, 0.0, found.candidate, CANDIDATE)
    for place, one in zip(places, models, strict=True):
        _dot(axes, place, one.figure, one.version)
    axes.margins(x=0.1, y=0.12)
    return axes


def _by_days(models: Sequence[Stale]) -> list[float]:
    """Days older than the candidate, which stands at 0; empty if they do not tell models apart."""
    days = [one.days for one in models if one.days is not None]
    return days if len({0.0, *days}) == len(models) + 1 else []


def _in_turn(axes: Axes, models: Sequence[Stale]) -> list[float]:
    places = [float(place) for place in range(1, len(models) + 1)]
    axes.set_xticks([0.0, *places], [CANDIDATE, *(f"version {one.version}" for one in models)])
    return places


def _dot(axes: Axes, place: float, found: Interval, name: str) -> None:
    colour = COLOURS.get(name, _EARLIER)
    axes.plot([place, place], [found.low, found.high], color=colour, lw=3, alpha=0.35)
    axes.plot([place], [found.value], "o", color=colour, markersize=6)
    if name != CANDIDATE:
        axes.annotate(
            name, (place, found.value), (6, 0), textcoords="offset points",
            va="center", fontsize=8, color=INK,
        )  # fmt: skip
