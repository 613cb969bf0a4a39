"""What is asked of a batch of predictions: its rows, its scores, and the endpoint beside it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from platform_assets.findings import Findings
from platform_assets.ml.drift import Drift, drifts, score_drift
from platform_assets.release.batch import Batch
from platform_assets.release.scored_rows import ScoredRows
from resources.errors import EndpointError
from serving.bundle import Bundle

PSI, SIGNIFICANCE = 0.25, 0.01
ASKED = 64
NOTHING = "no row was due"
NEVER = "no batch of this version has scored a row"
_SUM_TOLERANCE = 1e-6

Array = npt.NDArray[np.float64]
Ask = Callable[[Sequence[Mapping[str, Any]]], Array]


def rows_complete(batch: Batch, written: int) -> Findings:
    """Every row that was due is in the table once; `written` are those the table has of them."""
    facts = {"due": batch.due, "scored": batch.written, "in_table": written}
    wrong = [f"{batch.repeated} keys stand in cleaned more than once"] if batch.repeated else []
    if not batch.due == batch.written == written:
        wrong.append(f"{batch.due} rows were due, {batch.written} scored, {written} in the table")
    return Findings(wrong, notes=() if batch.due else (NOTHING,), facts=facts)


def scores_in_range(scored: ScoredRows, task: str) -> Findings:
    """Scores are finite, probabilities from 0 to 1, and those of several classes add up to 1."""
    scores = scored.scores
    if not len(scores):
        return Findings(notes=(NEVER,))
    wrong = {"scores are not finite": int((~np.isfinite(scores)).sum())}
    if task != "regression":
        wrong["probabilities are beyond 0 and 1"] = int(((scores < 0) | (scores > 1)).sum())
    if scores.ndim > 1:
        off = np.abs(scores.sum(axis=1) - 1) > _SUM_TOLERANCE * scores.shape[1]
        wrong["rows do not add up to 1"] = int(off.sum())
    said = [f"{count} {what}" for what, count in wrong.items() if count]
    return Findings(said, facts={"lowest": float(scores.min()), "highest": float(scores.max())})


def inputs_like_reference(scored: ScoredRows, reference: Mapping[str, Any]) -> Findings:
    """Features have not moved from what the bundle was trained on; a warning."""
    if not len(scored.sampled):
        return Findings(notes=(_nothing_to_compare(scored),))
    return _moved(drifts(scored.sample.to_pandas(), reference))


def scores_like_reference(scored: ScoredRows, reference: Mapping[str, Any]) -> Findings:
    """Nor have scores; a warning."""
    if not len(scored.scores):
        return Findings(notes=(NEVER,))
    return _moved([score_drift(scored.scores, reference)])


def parity_with_endpoint(scored: ScoredRows, bundle: Bundle, ask: Ask) -> Findings:
    """The endpoint gives the same scores for rows that were scored, spread over their sample."""
    scores = scored.sampled
    if not len(scores):
        return Findings(notes=(_nothing_to_compare(scored),))
    places = np.unique(np.linspace(0, len(scores) - 1, min(ASKED, len(scores))).astype(int))
    rows = scored.sample[places.tolist()].to_dicts()
    try:
        answered = ask(rows)
    except EndpointError as error:
        return Findings([f"the endpoint could not be asked: {error}"])
    differences = np.abs(answered - scores[places])
    largest, allowed = float(differences.max()), bundle.golden.tolerance
    facts = {"asked": len(rows), "largest_difference": largest, "allowed": allowed}
    said = f"the endpoint answers {len(rows)} rows with scores off by up to {largest:.3g}"
    wrong = [] if largest <= allowed else [f"{said}, allowed {allowed:.3g}"]
    return Findings(wrong, facts=facts)


def _nothing_to_compare(scored: ScoredRows) -> str:
    return "none of the rows is in cleaned any more" if len(scored.scores) else NEVER


def _moved(found: Sequence[Drift]) -> Findings:
    far = [one for one in found if one.beyond(PSI, SIGNIFICANCE)]
    said = [f"{one.column} has moved: index {one.psi:.2f}, bound {PSI}" for one in far]
    farthest = max(found, key=lambda one: one.psi)
    facts = {"rows": farthest.rows, "farthest": farthest.column, "index": farthest.psi}
    return Findings(warnings=said, facts=facts)
