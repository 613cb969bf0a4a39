"""Small lines of numbers, as SVG that needs no script and no style of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from typing import TypeAlias

WIDTH, HEIGHT, MARGIN = 160.0, 36.0, 4.0
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Spark:
    """A line: `paths` (one for each stretch without a gap), lone points, and the newest of all.

    `limit` is the height of the threshold; all in units of the picture, y downwards.
    """

    paths: tuple[str, ...]
    dots: tuple[Point, ...]
    newest: Point
    limit: float | None


def spark(values: Sequence[float | None], limit: float | None = None) -> Spark | None:
    """The line of these values, evenly spaced; None for fewer than two. A gap stays a gap.

    What is no finite number is a gap too.
    """
    values = [value if value is not None and isfinite(value) else None for value in values]
    given = [value for value in values if value is not None]
    if len(given) < 2:
        return None
    shown = [*given, *([limit] if limit is not None else [])]
    low, high = min(shown), max(shown)
    step = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)

    def height(value: float) -> float:
        part = (value - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - MARGIN - part * (HEIGHT - 2 * MARGIN), 1)

    points = [
        None if value is None else (round(MARGIN + number * step, 1), height(value))
        for number, value in enumerate(values)
    ]
    stretches = [
        list(group) for there, group in groupby(points, lambda one: one is not None) if there
    ]
    lines = [[point for point in stretch if point is not None] for stretch in stretches]
    return Spark(
        paths=tuple(_path(line) for line in lines if len(line) > 1),
        dots=tuple(line[0] for line in lines if len(line) == 1),
        newest=lines[-1][-1],
        limit=None if limit is None else height(limit),
    )


def _path(line: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in line)
