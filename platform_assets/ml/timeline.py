"""Pictures of what was observed over time: a line for each subject, and where it should stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from platform_assets.ml.canvas import INK, Plot, label, legend, new_axes, png

LINES = ("#0f766e", "#4f46e5", "#d97706", "#be185d", "#0369a1", "#65a30d")
_QUIET, _BEYOND = "#94a3b8", "#b91c1c"


@dataclass(frozen=True)
class Point:
    """One window: its end with a zone, its figure, and an interval where there is one."""

    time: datetime
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Timeline:
    """What to draw: `lines` by name, each in the order of time, and the bound they should keep."""

    name: str
    title: str
    caption: str
    unit: str
    lines: Mapping[str, Sequence[Point]]
    threshold: float | None = None


def timeline(given: Timeline) -> Plot:
    """A line for each name, the largest newest values in colour, the others pale."""
    return Plot(given.name, given.title, given.caption, png(timeline_axes(given)))


def timeline_axes(given: Timeline) -> Axes:
    """The axes of the picture, for tests and other pages."""
    axes = new_axes(height=2.8)
    label(axes, "", given.unit)
    told = sorted(given.lines, key=lambda name: -given.lines[name][-1].value)[: len(LINES)]
    for name in [*sorted(given.lines.keys() - told), *told]:
        colour = LINES[told.index(name)] if name in told else _QUIET
        _line(axes, given.lines[name], colour, name if name in told else None)
    if given.threshold is not None:
        axes.axhline(given.threshold, color=_BEYOND, linewidth=1, linestyle=":")
    locator = AutoDateLocator(maxticks=7, tz=UTC)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    told_times = ConciseDateFormatter(locator, tz=UTC)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(told_times)
    axes.margins(x=0.04, y=0.15)
    if len(given.lines) > 1:
        legend(axes, "upper left")
    axes.xaxis.get_offset_text().set(color=INK, fontsize=8)
    return axes


def _line(axes: Axes, points: Sequence[Point], colour: str, name: str | None) -> None:
    times = [float(date2num(one.time)) for one in points]  # type: ignore[no-untyped-call]
    values = [one.value for one in points]
    axes.plot(times, values, "o-", color=colour, markersize=3.5, linewidth=1.4, label=name)
    lows = [one.value if one.low is None else one.low for one in points]
    highs = [one.value if one.high is None else one.high for one in points]
    if lows != highs:
        axes.fill_between(times, lows, highs, color=colour, alpha=0.15, lw=0)
