"""What came of training again: the same bundle, the same answers, or what differs and why."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.ml.export import columns
from serving.bundle import Bundle
from serving.manifest import MANIFEST, parse_manifest
from serving.scorer import load_scorer


class Outcome(StrEnum):
    """How a version and what was trained again stand to each other."""

    EQUAL_DIGEST = "equal digest"
    EQUAL_PREDICTIONS = "equal predictions"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Verdict:
    """The outcome, and what speaks for it.

    `largest` is the largest difference of a prediction on the holdout's `rows`, `tolerance` what
    is allowed; both in units of the score. `files` are those of the two bundles that differ,
    `inputs` the inputs that do.
    """

    outcome: Outcome
    digest: str
    again: str
    rows: int = 0
    largest: float = 0.0
    tolerance: float = 0.0
    files: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def reproduced(self) -> bool:
        return self.outcome is not Outcome.DIFFERENT

    def sentence(self) -> str:
        if self.outcome is Outcome.EQUAL_DIGEST:
            return f"equal digest: {self.digest}"
        measured = (
            f"the largest difference on {self.rows:,} rows of the holdout is {self.largest:.3g}"
        )
        allowed = f"allowed is {self.tolerance:.3g}"
        because = f"; {'; '.join(self.inputs)}" if self.inputs else ""
        if self.outcome is Outcome.EQUAL_PREDICTIONS:
            names = ", ".join(self.files)
            return f"equal predictions: {measured}, {allowed}; these files differ: {names}{because}"
        cause = because or "; no input differs, so the estimator does not repeat itself"
        return f"different: {measured}, {allowed}{cause}"

    def to_dict(self) -> dict[str, Any]:
        largest = self.largest if math.isfinite(self.largest) else None
        plain = {"outcome": self.outcome.value, "largest": largest, "reproduced": self.reproduced}
        return asdict(self) | plain


def judge(
    first: Bundle,
    again: Bundle,
    holdout: pd.DataFrame,
    inputs: Mapping[str, tuple[str, str]],
    trusted: Sequence[str] = (),
) -> Verdict:
    """Compare two bundles, and their answers if they are not the same.

    `holdout` are rows of the training set; `inputs` names what went into both, as it was pinned
    and as it was found; `trusted` are the model's `serving.trusted_types`.
    """
    if first.digest == again.digest:
        return Verdict(Outcome.EQUAL_DIGEST, first.digest, again.digest)
    largest = largest_difference(*(_scores(one, holdout, trusted) for one in (first, again)))
    equal = largest <= first.golden.tolerance
    return Verdict(
        Outcome.EQUAL_PREDICTIONS if equal else Outcome.DIFFERENT,
        first.digest,
        again.digest,
        rows=len(holdout),
        largest=largest,
        tolerance=first.golden.tolerance,
        files=differing_files(first, again),
        inputs=differing_inputs(inputs),
    )


def largest_difference(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Infinite if the answers have not even the same shape."""
    if one.shape != other.shape:
        return math.inf
    return float(np.abs(one - other).max(initial=0.0))


def differing_files(one: Bundle, other: Bundle) -> tuple[str, ...]:
    """The names of the files that are not the same in both."""
    ours, theirs = (
        dict(parse_manifest((bundle.folder / MANIFEST).read_bytes()).files)
        for bundle in (one, other)
    )
    return tuple(name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name))


def differing_inputs(inputs: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    return tuple(
        f"{name} was {pinned}, now {found}"
        for name, (pinned, found) in inputs.items()
        if pinned != found
    )


def _scores(bundle: Bundle, rows: pd.DataFrame, trusted: Sequence[str]) -> npt.NDArray[Any]:
    return np.asarray(load_scorer(bundle, tuple(trusted)).score(columns(rows, bundle.signature)))
