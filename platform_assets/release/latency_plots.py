"""The pictures of a latency test: by percentile, as HdrHistogram draws it, and over time."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import numpy as np
from matplotlib.axes import Axes

from gitops.budget import LatencyBudget
from platform_assets.metadata import picture
from platform_assets.ml.canvas import COLOURS, INK, Plot, label, legend, new_axes, png
from resources.latency_record import LatencyRecord, Side

_NINES = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99)
_TOLD = (50.0, 95.0, 99.0, 99.9)
_STEPS = 200
_MEGABYTE = 1 << 20


def shown(record: LatencyRecord, budget: LatencyBudget) -> Mapping[str, Any]:
    """Both pictures and the figures, by the names under which the UI shows them."""
    drawn = (by_percentile(record, budget), over_time(record, budget))
    return {
        **{plot.name: picture(plot.png, plot.title) for plot in drawn},
        "latency_figures": dg.MetadataValue.md(figures(record)),
    }


def figures(record: LatencyRecord) -> str:
    """Percentiles, errors and throughput of each version, and memory, in Markdown."""
    head = "| version | requests | p50 | p95 | p99 | p99.9 | errors | answers/s |"
    rows = [
        f"| {name} | {side.requests} | "
        + " | ".join(_ms(one) for one in side.histogram.percentiles(_TOLD))
        + f" | {side.errors} | {side.throughput:.4g} |"
        for name, side in _sides(record).items()
    ]
    held = [f"{value / _MEGABYTE:.0f} MiB" for value in record.memory.values()]
    memory = f"\n\nMemory of each replica afterwards: {', '.join(held)}." if held else ""
    return "\n".join([head, "|---" * 8 + "|", *rows]) + memory


def by_percentile(record: LatencyRecord, budget: LatencyBudget) -> Plot:
    """Latency by percentile, each nine as wide as the one before; crosses are the budget."""
    axes = new_axes(6.4, 3.6)
    for name, side in _sides(record).items():
        # Beyond one in all requests there is nothing to see.
        nines = np.linspace(0, math.log10(max(side.histogram.total, 10)), _STEPS)
        wanted = (1 - 10.0**-nines) * 100
        latencies = side.histogram.percentiles(wanted)
        axes.plot(nines, latencies, color=_colour(name), linewidth=1.4, label=name)
    allowed = {50.0: budget.p50_ms, 95.0: budget.p95_ms, 99.0: budget.p99_ms}
    places = [_nines(one) for one in allowed]
    axes.plot(places, list(allowed.values()), "x", color=INK, label="budget")
    _finish(axes, record)
    axes.set_xticks([_nines(one) for one in _NINES], [f"{one:g} %" for one in _NINES])
    label(axes, "share of the requests", "at most ms")
    caption = "Each line is a version; a request that was due counts from then on."
    return Plot("latency_by_percentile", "Latency by percentile", caption, png(axes))


def over_time(record: LatencyRecord, budget: LatencyBudget) -> Plot:
    """Median and longest latency of each stretch of the test."""
    axes = new_axes(6.4, 3.0)
    for name, side in _sides(record).items():
        seconds, medians, longest = zip(*side.timeline, strict=True)
        axes.plot(seconds, _there(medians), color=_colour(name), linewidth=1.4, label=name)
        axes.plot(seconds, _there(longest), ".", color=_colour(name), markersize=3)
    axes.axhline(budget.p99_ms, color=INK, linewidth=0.8, linestyle=":", label="budget of p99")
    _finish(axes, record)
    label(axes, "seconds of load", "ms")
    caption = "Lines are medians, dots the longest of each stretch."
    return Plot("latency_over_time", "Latency over time", caption, png(axes))


def _sides(record: LatencyRecord) -> dict[str, Side]:
    beside = {f"version {record.version}": record.beside} if record.beside else {}
    return {"candidate": record.mine, **beside}


def _finish(axes: Axes, record: LatencyRecord) -> None:
    axes.set_yscale("log")
    axes.margins(y=0.2)
    legend(axes, "upper left")
    axes.set_title(f"{record.rate:g} requests a second", color=INK, fontsize=9, loc="right")


def _colour(name: str) -> str:
    return COLOURS["candidate" if name == "candidate" else "champion"]


def _nines(percent: float) -> float:
    return -math.log10(1 - percent / 100)


def _there(values: Sequence[float]) -> list[float]:
    return [one if math.isfinite(one) else math.nan for one in values]


def _ms(value: float) -> str:
    return f"{value:.3g} ms" if math.isfinite(value) else "none"
