"""A picture of one metric that needs no file and no other host: GitHub draws Mermaid itself."""

import math
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[^\w .-]|(?<!\d)\.|\.(?!\d)")


def bars(metric: str, values: Mapping[str, float | None]) -> str:
    """A bar for each value that is there, as a Mermaid block; empty text if there are none.

    Names are reduced to letters, digits, spaces, dashes and the dots of numbers, so none ends its
    quotes or looks like an address.
    """
    shown = {_plain(name): value for name, value in values.items() if value is not None}
    if not shown or not all(map(math.isfinite, shown.values())):
        return ""
    names = ", ".join(f'"{name}"' for name in shown)
    heights = ", ".join(f"{value:.6g}" for value in shown.values())
    low, high = min(0.0, *shown.values()), max(0.0, *shown.values())
    lines = [
        "```mermaid",
        "xychart-beta",
        f'    title "{_plain(metric)}"',
        f"    x-axis [{names}]",
        f"    y-axis {low:.6g} --> {high if high > low else low + 1:.6g}",
        f"    bar [{heights}]",
        "```",
    ]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return _PLAIN.sub(" ", text)[:60]
