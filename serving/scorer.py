"""From arrays to scores, in process: what the gates judged with is what serves.

The ONNX graph has one input per column, named as the column, of shape (n, 1): float for numbers
(NaN = missing), string for strings ("" = missing). Its output `score` is float, of shape (n, 1)
or (n,) for a regression and (n, k) probabilities for a classification.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from zipfile import BadZipFile

import numpy as np

from serving.bundle import Bundle
from serving.errors import GoldenRowsDiffer, InvalidInput, MalformedBundle, UntrustedTypes
from serving.joined_graph import joined
from serving.manifest import Runtime
from serving.signature import Array, Signature
from serving.table import Table
from serving.trust import refused

if TYPE_CHECKING:
    import pandas as pd


class Scorer(Protocol):
    """A loaded model. Scoring is safe from several threads at once."""

    def score(self, columns: Mapping[str, Array]) -> Array:
        """Score rows that `Signature.arrays` has checked.

        Returns
        -------
        float64 of shape (n,): the probability of the positive class, or the value of a
        regression; (n, k) probabilities for a multiclass task.

        Raises
        ------
        InvalidInput
            When the model refuses a row or has no finite score for it.
        """
        ...


def load_scorer(bundle: Bundle, trusted: tuple[str, ...] = ()) -> Scorer:
    """Load the model of an opened bundle.

    `trusted` names types that a skops model may hold beyond those that `serving.trust` allows; the
    manifest must list them too.

    Raises
    ------
    BundleError
        `CorruptFile` when the model changed since the bundle was opened, `MalformedBundle` when
        it cannot be loaded or does not fit the signature, `UntrustedTypes` for skops models.
    """
    return OnnxScorer(bundle) if bundle.runtime == "onnx" else SkopsScorer(bundle, trusted)


def verify_golden(bundle: Bundle, scorer: Scorer) -> None:
    """Let `scorer` answer the golden rows.

    Raises
    ------
    GoldenRowsDiffer
        For the first row whose score is further off than the tolerance.
    """
    golden, signature = bundle.golden, bundle.signature
    try:
        got = scorer.score(signature.arrays(signature.columns_of(golden.rows)))
    except InvalidInput as error:
        row = 0 if error.row is None else error.row
        expected = golden.scores[row]
        raise GoldenRowsDiffer(row, str(error), expected, golden.tolerance) from error
    wanted = np.array(golden.scores, dtype=np.float64)
    off = np.abs(got - wanted) > golden.tolerance
    for row in np.flatnonzero(off.reshape(len(off), -1).any(axis=1)).tolist():
        raise GoldenRowsDiffer(row, got[row].tolist(), wanted[row].tolist(), golden.tolerance)


def frame(signature: Signature, columns: Mapping[str, Array]) -> "pd.DataFrame":
    """Return the frame that a pipeline is fitted on and scored with.

    Columns in the order of the signature; float64 for numbers and booleans, object for strings,
    with NaN wherever a value is missing.
    """
    import pandas as pd

    return pd.DataFrame(
        {
            column.name: _with_nan(columns[column.name])
            if column.type == "string"
            else columns[column.name]
            for column in signature.columns
        },
        copy=False,
    )


class OnnxScorer:
    """Scores with ONNX Runtime on one thread; replicas, not threads, are how serving scales."""

    def __init__(self, bundle: Bundle) -> None:
        import onnxruntime as ort
        from onnxruntime.capi import onnxruntime_pybind11_state as state

        refusals = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf)
        self._signature = bundle.signature
        self._refusals = (*refusals, state.RuntimeException)
        names = [column.name for column in self._signature.columns if column.type != "string"]
        texts = [column.name for column in self._signature.columns if column.type == "string"]
        try:
            model = bundle.model_bytes()
            self._check_graph(_session(ort, model))
            graph = joined(model, names, texts)
            self._session = _session(ort, graph.model)
        except (*refusals, state.NotImplemented, state.RuntimeException) as error:
            raise MalformedBundle("model.onnx", _first_line(error)) from error
        self._numbers = graph.numbers if names else None
        self._texts = graph.texts if texts else None

    def score(self, columns: Mapping[str, Array]) -> Array:
        table = columns if isinstance(columns, Table) else self._signature.plan.stacked(columns)
        feeds: dict[str, Array] = {}
        if self._numbers is not None:
            feeds[self._numbers] = table.numbers.T.astype(np.float32, order="C")
        if self._texts is not None:
            feeds[self._texts] = _strings(table.texts)
        try:
            output = self._session.run(["score"], feeds)[0]
        except self._refusals as error:
            raise _refused(error) from error
        return _shaped(self._signature, "onnx", output, table.rows)

    def _check_graph(self, session: Any) -> None:
        wanted = {
            column.name: "tensor(string)" if column.type == "string" else "tensor(float)"
            for column in self._signature.columns
        }
        got = {tensor.name: tensor.type for tensor in session.get_inputs()}
        if got != wanted:
            problem = f"the graph takes {got}, but the signature asks for {wanted}"
            raise MalformedBundle("model.onnx", problem)
        outputs = {tensor.name: tensor.type for tensor in session.get_outputs()}
        if outputs.get("score") != "tensor(float)":
            problem = f"the graph gives {outputs}, expected an output 'score' of tensor(float)"
            raise MalformedBundle("model.onnx", problem)


class SkopsScorer:
    """Scores a scikit-learn pipeline on the frame that it was fitted on."""

    def __init__(self, bundle: Bundle, trusted: tuple[str, ...] = ()) -> None:
        self._signature = bundle.signature
        self._pipeline = _load_pipeline(bundle, trusted)
        method = "predict" if bundle.signature.task == "regression" else "predict_proba"
        if not hasattr(self._pipeline, method):
            problem = f"{type(self._pipeline).__name__} has no method {method!r}"
            raise MalformedBundle("model.skops", problem)
        self._answer = getattr(self._pipeline, method)

    def score(self, columns: Mapping[str, Array]) -> Array:
        rows = frame(self._signature, columns)
        try:
            output = self._answer(rows)
        except (ValueError, TypeError) as error:
            raise _refused(error) from error
        return _shaped(self._signature, "skops", output, len(rows))


def _session(ort: Any, model: bytes) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _load_pipeline(bundle: Bundle, also: tuple[str, ...]) -> Any:
    from skops.io import get_untrusted_types, loads
    from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

    model = bundle.signature.model
    if wrong := refused(bundle.trusted, model, also):
        raise UntrustedTypes(wrong, model)
    data = bundle.model_bytes()
    try:
        unknown = set(get_untrusted_types(data=data))
        if unlisted := unknown - set(bundle.trusted):
            raise UntrustedTypes(sorted(unlisted), model)
        return loads(data, trusted=sorted(unknown))
    except (UntrustedTypesFoundException, UnsupportedTypeException) as error:
        raise UntrustedTypes([_first_line(error)], model) from error
    except (BadZipFile, LookupError, ValueError, TypeError, AttributeError, ImportError) as error:
        raise MalformedBundle("model.skops", _first_line(error)) from error


def _shaped(signature: Signature, runtime: Runtime, answer: object, rows: int) -> Array:
    output = np.asarray(answer, dtype=np.float64)
    width = max(len(signature.classes), 1)
    if output.size != rows * width:
        got, wanted = list(output.shape), [rows, width]
        raise MalformedBundle(f"model.{runtime}", f"it answers shape {got}, expected {wanted}")
    score = output.reshape(rows, width)
    finite = np.isfinite(score)
    if np.count_nonzero(finite) < finite.size:
        raise _without_score(int(finite.all(axis=1).argmin()))
    if signature.task == "multiclass":
        return score
    return score[:, 1] if signature.task == "binary" else score[:, 0]


def _with_nan(values: Array) -> Array:
    # scikit-learn's imputers see NaN as missing in object columns, but not None.
    return np.array([np.nan if value is None else value for value in values], dtype=object)


def _strings(values: Array) -> Array:
    texts: Array = values.T.copy()
    texts[texts == np.array(None)] = ""
    return texts


def _refused(error: Exception) -> InvalidInput:
    return InvalidInput(None, None, f"a refusal by the model ({_first_line(error)})", "other rows")


def _without_score(row: int) -> InvalidInput:
    expected = "a row like those the model was fitted on"
    return InvalidInput(None, row, "a row without a finite score", expected)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
