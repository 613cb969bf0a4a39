"""What half a year cost: when changes were noticed, and the quality of each policy."""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.continuous.policies import Run
from benchmarks.continuous.year import JUDGE, Array, Year, truth
from benchmarks.telling import head, row
from platform_assets.defs.fraud.patterns import strength
from platform_assets.ml.canvas import INK, label, legend, new_axes, png

PATTERNS = ("skimming", "testing", "spree", "takeover")
MONTH, FORTNIGHT = 30, 14
COLOURS = ("#94a3b8", "#0f766e", "#d97706")


def changes(first: int, days: int) -> list[tuple[int, str]]:
    """The days on which a pattern of fraud begins to grow or to fade, as the simulator has it."""
    return sorted(one for name in PATTERNS for one in _turns(name, first, days))


def _turns(name: str, first: int, days: int) -> Iterator[tuple[int, str]]:
    slopes = np.sign(np.diff([strength(name, day) for day in range(days + 1)]).round(6))
    for day in range(first, days - 1):
        if slopes[day] not in (0, slopes[day - 1]):
            yield day, f"{name} {'grows' if slopes[day] > 0 else 'fades'}"


def quality(year: Year, run: Run, first: int, last: int) -> float:
    """The metric over all payments of some days, each scored by what was live."""
    scores: Array = np.concatenate([run.scores[day] for day in range(first, last)])
    return JUDGE(truth(year.rows(first, last)), scores)


def noticed(run: Run, first: int, days: int) -> str:
    """Each change with the first alert after it and the retrained model that followed."""
    lines = [head(("what changes", "from day", "noticed on", "by", "retrained model live on"))]
    for day, what in changes(first, days):
        seen = next(((on, one) for on, one in run.noticed if on >= day), None)
        live = next((str(on) for on, _ in run.replaced if seen and on > seen[0]), "-")
        told = f"{seen[0]} | {seen[1].monitor} {seen[1].subject}".rstrip() if seen else "- | -"
        lines.append(f"| {what} | {day} | {told} | {live} |")
    return "\n".join(lines)


def compared(year: Year, runs: Sequence[Run], first: int) -> str:
    """The quality of each policy by month and over all, and what it took."""
    spans = [(day, min(day + MONTH, year.days)) for day in range(first, year.days, MONTH)]
    lines = [head(["days", *(one.name for one in runs)])]
    for begin, end in [*spans, (first, year.days)]:
        told = [f"{quality(year, one, begin, end):.3f}" for one in runs]
        lines.append(row((f"{begin} to {end - 1}", *told)))
    lines.append(row(("trainings", *(len(one.trained) for one in runs))))
    lines.append(row(("models that went live", *(len(one.replaced) for one in runs))))
    return "\n".join(lines)


def picture(year: Year, runs: Sequence[Run], first: int) -> bytes:
    """The quality over the last fortnight, day by day, as a PNG."""
    axes = new_axes(width=7.6)
    days = range(first + FORTNIGHT, year.days + 1)
    for run, colour in zip(runs, COLOURS, strict=True):
        seen = [quality(year, run, day - FORTNIGHT, day) for day in days]
        axes.plot(days, seen, color=colour, lw=1.6, label=run.name)
    for day, _ in changes(first, year.days):
        axes.axvline(day, color=INK, lw=0.6, ls=":")
    axes.set_ylim(top=min(1.0, axes.get_ylim()[1] + 0.08))
    label(axes, "day; dotted: a pattern of fraud begins to grow or fade", f"{JUDGE.name}, 14 days")
    legend(axes, "upper right")
    return png(axes)
