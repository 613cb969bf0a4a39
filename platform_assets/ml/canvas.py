"""How every picture of a report looks: small, calm, the same colour for the same model."""

import io
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, PALE, PAPER = "#334155", "#e2e8f0", "#ffffff"
COLOURS = {
    "candidate": "#0f766e",
    "champion": "#4f46e5",
    "linear": "#d97706",
    "dummy": "#94a3b8",
}
_DOTS_PER_INCH = 220
_DOTS_PER_PIXEL = 2
_PNG_WIDTH = slice(16, 20)


@dataclass(frozen=True)
class Plot:
    """A picture with a file's stem, a title, and a sentence that says what to see."""

    name: str
    title: str
    caption: str
    png: bytes

    @property
    def width(self) -> int:
        """How wide to show it, in CSS pixels; any wider, letters would blur.

        The number of dots stands in the first chunk of a PNG.
        """
        return int.from_bytes(self.png[_PNG_WIDTH], "big") // _DOTS_PER_PIXEL


def new_axes(width: float = 5.2, height: float = 3.4) -> Axes:
    """Axes on a figure of their own, in inches; pyplot and its global state stay out."""
    figure = Figure(figsize=(width, height), dpi=_DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    axes: Axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#cbd5e1")
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8, length=0)
    return axes


def label(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, color=INK, fontsize=9)
    axes.set_ylabel(y, color=INK, fontsize=9)


def legend(axes: Axes, place: Literal["upper left", "upper right"]) -> None:
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc=place)


def png(axes: Axes) -> bytes:
    """The figure of `axes`; equal figures give equal bytes."""
    written = io.BytesIO()
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()
