"""From a fitted pipeline to the bytes that are served, with the proof that both say the same.

ONNX is tried first: it is a hundred times faster for one row and carries no code. Whether a
conversion is right is measured on the whole holdout and on rows at the edges, never assumed:
splits of trees can disagree in 32-bit floats, and some conversions are wrong without a word. A
pipeline that does not come through is served as it is, as a skops file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from platform_assets.errors import ExportError
from platform_assets.ml.edge_rows import EdgeRows, edge_rows
from platform_assets.ml.onnx_file import to_onnx
from platform_assets.ml.parity import HOLDOUT, Bound, Parity, compare, wrong
from platform_assets.ml.scoring import as_fitted, scores
from platform_assets.ml.skops_file import to_skops
from platform_assets.ml.unscaled import as_decimals, as_floats, without_scaling
from serving.errors import InvalidInput, ServingError
from serving.scorer import OnnxScorer, Scorer, SkopsScorer
from serving.signature import Signature

if TYPE_CHECKING:
    from serving.bundle import Bundle

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Export:
    """A model as it will be served.

    `max_error` is the largest difference to scikit-learn on the holdout, in units of the score;
    `reason` one sentence on why this runtime; `parity` what was compared, on the holdout and on
    each kind of edge rows, for every runtime that was tried; `trusted` the types that a skops file
    needs beyond those that skops trusts by itself.
    """

    runtime: Literal["onnx", "skops"]
    model: bytes
    signature: Signature
    max_error: float
    reason: str
    parity: tuple[Parity, ...] = ()
    trusted: tuple[str, ...] = ()


def export(
    pipeline: Pipeline,
    signature: Signature,
    features: pd.DataFrame,
    seen: pd.DataFrame,
    tolerance: float,
    trusted: Sequence[str] = (),
) -> Export:
    """Take ONNX if it answers every row as `pipeline` does, otherwise skops.

    Parameters
    ----------
    features
        The holdout: n rows with the columns of the signature.
    seen
        The training rows, from which rows at the edges are made; see `edge_rows`.
    tolerance
        Largest difference allowed, in units of the score; see `Bound` for scores beyond those of
        the holdout.
    trusted
        Types that a skops file may hold beyond those that `serving.trust` allows.

    Raises
    ------
    ExportError
        If neither runtime can carry the pipeline, with both reasons.
    """
    trial = _Trial.of(pipeline, signature, features, seen, tolerance)
    plain = without_scaling(pipeline, as_floats)
    parity: tuple[Parity, ...] = ()
    try:
        graph = to_onnx(plain, signature)
        onnx = Export("onnx", graph, signature, 0.0, "")
        parity = trial.compare(onnx)
        why = wrong(parity, tolerance)
    except ExportError as error:
        why = str(error)
    if why:
        return _as_skops(trial, why, parity, tuple(trusted))
    reason = _agreed(parity[0], scaled=plain is pipeline)
    return replace(onnx, max_error=parity[0].largest, reason=reason, parity=parity)


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
    return (
        OnnxScorer(loaded) if exported.runtime == "onnx" else SkopsScorer(loaded, exported.trusted)
    )


@dataclass(frozen=True)
class _Loaded:
    """What a scorer asks of a bundle, before there is one."""

    signature: Signature
    trusted: tuple[str, ...]
    model: bytes

    def model_bytes(self) -> bytes:
        return self.model


@dataclass(frozen=True)
class _Trial:
    """What both runtimes have to show."""

    pipeline: Pipeline
    signature: Signature
    kinds: tuple[EdgeRows, ...]
    bound: Bound

    @classmethod
    def of(
        cls,
        pipeline: Pipeline,
        signature: Signature,
        features: pd.DataFrame,
        seen: pd.DataFrame,
        tolerance: float,
    ) -> "_Trial":
        rows = as_fitted(features[list(signature.names)])
        bound = Bound.of(signature.task, tolerance, scores(pipeline, signature.task, rows))
        plain = without_scaling(pipeline, as_decimals)
        kinds = EdgeRows(HOLDOUT, rows), *edge_rows(plain, signature, seen)
        return cls(pipeline, signature, kinds, bound)

    def compare(self, exported: Export) -> tuple[Parity, ...]:
        """The holdout first; ExportError if the runtime cannot load its model."""
        try:
            loaded = scorer(exported)
            return tuple(
                compare(kind, self._truth, partial(self._ask, loaded), self.bound, exported.runtime)
                for kind in self.kinds
            )
        except ServingError as error:
            raise ExportError(f"{exported.runtime} cannot score the rows ({error})") from error

    def _truth(self, rows: pd.DataFrame) -> Array:
        return scores(self.pipeline, self.signature.task, rows)

    def _ask(self, loaded: Scorer, rows: pd.DataFrame) -> Array:
        try:
            return loaded.score(columns(rows, self.signature))
        except InvalidInput as error:
            raise ValueError(str(error)) from error


def _agreed(holdout: Parity, *, scaled: bool) -> str:
    same = f"ONNX agrees with scikit-learn to {holdout.largest:.1g} on all {holdout.rows:,} rows"
    return same if scaled else f"{same}; scaling went into the splits of its trees"


def _as_skops(trial: _Trial, why: str, tried: tuple[Parity, ...], also: tuple[str, ...]) -> Export:
    name = trial.signature.model
    try:
        model, trusted = to_skops(trial.pipeline, name, also)
        reason = f"skops, since {why}"
        exported = Export("skops", model, trial.signature, 0.0, reason, (), trusted)
        parity = trial.compare(exported)
    except ExportError as also:
        raise ExportError(f"{name}: {why}; and {also}") from also
    if also_wrong := wrong(parity, trial.bound.tolerance):
        raise ExportError(f"{name}: {why}; and {also_wrong}")
    return replace(exported, max_error=parity[0].largest, parity=(*parity, *tried))
