"""The picture of what each feature tells alone."""

from collections.abc import Sequence

from platform_assets.ml.canvas import COLOURS, INK, Plot, label, new_axes, png
from platform_assets.ml.leakage import Alone
from platform_assets.spec import DataChecks

_MOST_BARS = 20
_MOST_LETTERS = 36


def leak_bars(found: Sequence[Alone], spec: DataChecks) -> Plot:
    """The strongest features with the bounds from which a score is warned of and blocks."""
    shown = list(reversed(found[:_MOST_BARS]))
    axes = new_axes(height=0.9 + 0.22 * len(shown))
    for place, one in enumerate(shown):
        strong = one.score >= spec.warn_leak and one.feature not in spec.trusted
        colour = COLOURS["linear"] if strong else COLOURS["candidate"]
        axes.barh([place], [one.score], height=0.6, color=colour)
    for bound in (spec.warn_leak, spec.max_leak):
        axes.axvline(bound, color=INK, linewidth=1, linestyle=":")
    names = [_shortened(str(one)) for one in shown]
    axes.set_yticks(range(len(shown)), names, parse_math=False)
    axes.set_xlim(0, 1.02)
    label(axes, "0 tells nothing, 1 all", "")
    return Plot(
        "features_alone",
        "What each feature tells alone",
        "Dotted: from where a feature is warned of, and from where it blocks.",
        png(axes),
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"
