"""Does what will serve a model answer as scikit-learn does, on each kind of rows?"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from platform_assets.ml.edge_rows import BEYOND, EdgeRows
from platform_assets.ml.scoring import Array

HOLDOUT = "holdout"

Score = Callable[[pd.DataFrame], Array]


@dataclass(frozen=True)
class Parity:
    """How far a runtime is from scikit-learn on one kind of rows.

    `largest` is the largest difference over the rows that both answered, in units of the score,
    scaled down where the score is beyond the usual (see `Bound`); `over` counts the rows on which
    the runtime is wrong: further off than allowed, or without an answer where there is one.
    `refused` rows scikit-learn did not score either, which leaves nothing to compare; `unanswered`
    ones only the runtime refused, out loud. `rounded` rows got the answer of the split that their
    number rounds to.
    """

    runtime: str
    kind: str
    rows: int
    largest: float
    over: int
    refused: int = 0
    unanswered: int = 0
    rounded: int = 0


@dataclass(frozen=True)
class Bound:
    """What a score may be off: `tolerance`, growing in proportion where scores leave `usual`.

    `usual` is the largest score there is to expect, or 1 for probabilities. A regression asked
    about rows far beyond its training answers in millions, which 32 bits hold to seven digits.
    """

    tolerance: float
    usual: float

    @classmethod
    def of(cls, task: str, tolerance: float, expected: Array) -> "Bound":
        """The bound for a model that answers the holdout with `expected`."""
        largest = float(np.abs(expected).max(initial=0.0))
        return cls(tolerance, 1.0 if task != "regression" or largest == 0 else largest)

    def off(self, got: Array, expected: Array) -> Array:
        """Largest difference in each row of shape (n, k); NaN if one of both is not known."""
        scaled: Array = np.abs(got - expected) / np.maximum(1.0, np.abs(expected) / self.usual)
        widest: Array = scaled.max(axis=1)
        return widest


def compare(edge: EdgeRows, truth: Score, runtime: Score, bound: Bound, name: str) -> Parity:
    """Ask both for the same rows.

    `truth` and `runtime` answer n rows with an array of shape (n,) or (n, k), and raise
    `ValueError` or `TypeError` for rows that they refuse.
    """
    expected, got = answers(truth, edge.rows), answers(runtime, edge.rows)
    off = exact = bound.off(got, expected)
    if edge.split is not None and name == "onnx":
        off = np.fmin(exact, bound.off(got, answers(truth, edge.split)))
    known, told = (np.isfinite(scores).all(axis=1) for scores in (expected, got))
    both, silent = known & told, int((known & ~told).sum())
    over = off[both] > bound.tolerance
    return Parity(
        runtime=name,
        kind=edge.kind,
        rows=len(edge.rows),
        largest=float(off[both].max(initial=0.0)),
        over=int(over.sum()) + (0 if edge.kind == BEYOND else silent),
        refused=int((~known).sum()),
        unanswered=silent,
        rounded=int(((exact[both] > bound.tolerance) & ~over).sum()),
    )


def wrong(parity: Sequence[Parity], tolerance: float) -> str:
    """What a runtime is wrong on, in a sentence; empty if nothing."""
    bad = [one for one in parity if one.over]
    if not bad:
        return ""
    name = {"onnx": "ONNX", "skops": "the skops file"}[bad[0].runtime]
    first, others = bad[0], ", ".join(one.kind for one in bad)
    how = f"by up to {first.largest:.2g}" if first.largest > tolerance else "by having no answer"
    return (
        f"{name} differs from scikit-learn {how} on {first.over:,} of {first.rows:,} rows, "
        f"more than {tolerance:g} ({others})"
    )


def answers(score: Score, rows: pd.DataFrame) -> Array:
    """Scores of shape (n, k), NaN for rows that are refused."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Each side says in its own words that a number is far out or a category new.
        warnings.simplefilter("ignore")
        pieces = list(_pieces(score, rows))
    width = max(piece.shape[1] for piece in pieces)
    return np.concatenate([np.broadcast_to(piece, (len(piece), width)) for piece in pieces])


def _pieces(score: Score, rows: pd.DataFrame) -> Iterator[Array]:
    """Halve what is refused until the rows that are refused are left."""
    try:
        answer = score(rows)
    except (ValueError, TypeError):
        if len(rows) == 1:
            yield np.full((1, 1), np.nan)
            return
        middle = len(rows) // 2
        for half in (rows.iloc[:middle], rows.iloc[middle:]):
            yield from _pieces(score, half)
    else:
        yield answer.reshape(len(rows), -1)
