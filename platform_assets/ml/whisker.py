"""A figure with its interval as a line and a dot, small enough for a cell of a table."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from platform_assets.ml.intervals import Interval

_WIDTH, _HEIGHT, _EDGE = 120, 14, 5


@dataclass(frozen=True)
class Axis:
    """The same scale for all cells of a column; `mark` is a value with a line through all."""

    low: float
    high: float
    mark: float | None = None

    def place(self, value: float) -> float:
        """Where a value stands, in units of the picture; what lies outside stands at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return _EDGE + (_WIDTH - 2 * _EDGE) * float(np.clip(share, 0, 1))


def axis(intervals: Iterable[Interval], mark: float | None = None) -> Axis:
    """A scale on which all that is known has a place."""
    known = [end for one in intervals for end in (one.value, one.low, one.high)]
    known = [end for end in [*known, mark] if end is not None and np.isfinite(end)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    return Axis(low, high if high > low else low + 1.0, mark)


def whisker(found: Interval, scale: Axis) -> Markup:
    """The picture as inline SVG, for those who see; the figure stands beside it for all."""
    if not found.known:
        return Markup()
    low, high, dot = (scale.place(one) for one in (found.low, found.high, found.value))
    middle = _HEIGHT / 2
    mark = _line("mark", scale.place(scale.mark), 0, _HEIGHT) if scale.mark is not None else ""
    return Markup(  # noqa: S704  numbers alone are filled in
        f'<svg class="whisker" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true">{mark}'
        f'<line class="reach" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>'
        f'<circle cx="{dot:.1f}" cy="{middle}" r="3.5"/></svg>'
    )


def _line(kind: str, place: float, top: float, bottom: float) -> str:
    return f'<line class="{kind}" x1="{place:.1f}" x2="{place:.1f}" y1="{top}" y2="{bottom}"/>'
