"""From a fitted pipeline to the bytes that are served, with the proof that both say the same.

ONNX is tried first: it is a hundred times faster for one row and carries no code. Whether a
conversion is right is measured on the whole holdout, never assumed: splits of trees can disagree
in 32-bit floats, and some conversions are wrong without a word. A pipeline that does not come
through is served as it is, as a skops file.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from platform_assets.errors import ExportError
from platform_assets.ml.onnx_file import to_onnx
from platform_assets.ml.scoring import as_fitted, scores
from platform_assets.ml.skops_file import to_skops
from serving.errors import ServingError
from serving.scorer import OnnxScorer, Scorer, SkopsScorer
from serving.signature import Signature

if TYPE_CHECKING:
    from serving.bundle import Bundle

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Export:
    """A model as it will be served.

    `max_error` is the largest difference to scikit-learn over the rows compared, in units of the
    score; `reason` one sentence on why this runtime; `trusted` the types that a skops file needs
    beyond those that skops trusts by itself.
    """

    runtime: Literal["onnx", "skops"]
    model: bytes
    signature: Signature
    max_error: float
    reason: str
    trusted: tuple[str, ...] = ()


def export(
    pipeline: Pipeline, signature: Signature, features: pd.DataFrame, tolerance: float
) -> Export:
    """Take ONNX if it answers every row of `features` as `pipeline` does, otherwise skops.

    Parameters
    ----------
    features
        The holdout: n rows with the columns of the signature.
    tolerance
        Largest difference allowed, in units of the score.

    Raises
    ------
    ExportError
        If neither runtime can carry the pipeline, with both reasons.
    """
    expected = scores(pipeline, signature.task, features)
    try:
        return _as_onnx(pipeline, signature, features, expected, tolerance)
    except ExportError as error:
        return _as_skops(pipeline, signature, features, expected, tolerance, str(error))


def columns(features: pd.DataFrame, signature: Signature) -> dict[str, Array]:
    """The rows as `serving.scorer.Scorer` takes them, one array of shape (n,) per column."""
    rows = as_fitted(features)
    arrays = {column.name: rows[column.name].to_numpy() for column in signature.columns}
    for column in signature.columns:
        if column.type == "string":
            arrays[column.name][rows[column.name].isna()] = None
    return arrays


def scorer(exported: Export) -> Scorer:
    """The scorer with which serving will answer, loaded from the exported bytes."""
    loaded = cast("Bundle", _Loaded(exported.signature, exported.trusted, exported.model))
    return OnnxScorer(loaded) if exported.runtime == "onnx" else SkopsScorer(loaded)


@dataclass(frozen=True)
class _Loaded:
    """What a scorer asks of a bundle, before there is one."""

    signature: Signature
    trusted: tuple[str, ...]
    model: bytes

    def model_bytes(self) -> bytes:
        return self.model


def _as_onnx(
    pipeline: Pipeline,
    signature: Signature,
    features: pd.DataFrame,
    expected: Array,
    tolerance: float,
) -> Export:
    exported = Export("onnx", to_onnx(pipeline, signature), signature, 0.0, "not compared yet")
    error = _errors(exported, features, expected)
    off = int((error > tolerance).sum())
    if off:
        raise ExportError(
            f"ONNX differs from scikit-learn by up to {error.max():.2g} on {off:,} of "
            f"{len(error):,} rows, more than {tolerance:g}"
        )
    largest = float(error.max(initial=0.0))
    reason = f"ONNX agrees with scikit-learn to {largest:.1g} on all {len(error):,} rows"
    return replace(exported, max_error=largest, reason=reason)


def _as_skops(
    pipeline: Pipeline,
    signature: Signature,
    features: pd.DataFrame,
    expected: Array,
    tolerance: float,
    why: str,
) -> Export:
    try:
        model, trusted = to_skops(pipeline)
        exported = Export("skops", model, signature, 0.0, f"skops, since {why}", trusted)
        largest = float(_errors(exported, features, expected).max(initial=0.0))
    except ExportError as also:
        raise ExportError(f"{signature.model}: {why}; and {also}") from also
    if largest > tolerance:
        raise ExportError(
            f"{signature.model}: {why}; and the skops file differs by up to {largest:.2g} "
            "from the pipeline it was written from"
        )
    return replace(exported, max_error=largest)


def _errors(exported: Export, features: pd.DataFrame, expected: Array) -> Array:
    """Largest difference to `expected` in each row, shape (n,)."""
    try:
        got = scorer(exported).score(columns(features, exported.signature))
    except ServingError as error:
        raise ExportError(f"{exported.runtime} cannot score the rows ({error})") from error
    off: Array = np.abs(got - expected).reshape(len(expected), -1).max(axis=1)
    return off
