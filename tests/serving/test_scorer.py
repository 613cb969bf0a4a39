"""Scores are those that were judged, and nothing but a model is ever loaded."""

import re
from dataclasses import replace

import numpy as np
import pytest
import skops.io
from onnx import TensorProto, helper
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from serving.bundle import GoldenRows, write_bundle
from serving.errors import (
    CorruptFile,
    GoldenRowsDiffer,
    InvalidInput,
    MalformedBundle,
    UntrustedTypes,
)
from serving.scorer import frame, load_scorer, verify_golden
from tests.support.bundles import (
    FLOWERS,
    LINE,
    TRANSACTIONS,
    fraud_contents,
    iris_contents,
    line_contents,
    transactions,
)


def graph(node: str = "Add", *, inputs="ab", kind=TensorProto.FLOAT, output="score", width=1):
    made = helper.make_graph(
        [helper.make_node(node, list(inputs)[:2], [output])],
        "g",
        [helper.make_tensor_value_info(name, kind, [None, 1]) for name in inputs],
        [helper.make_tensor_value_info(output, kind, [None, width])],
    )
    opset = helper.make_opsetid("", 17)
    return helper.make_model(made, opset_imports=[opset], ir_version=9).SerializeToString()


def line_with(tmp_path, model: bytes):
    return write_bundle(tmp_path, replace(line_contents(), model=model))


def fraud_with(tmp_path, pipeline, trusted=()):
    model = skops.io.dumps(pipeline)
    return write_bundle(tmp_path, replace(fraud_contents(), model=model, trusted=trusted))


def shout(values):
    return values


@pytest.mark.parametrize("contents", [line_contents, fraud_contents, iris_contents])
def test_a_loaded_model_answers_its_golden_rows(contents, tmp_path):
    bundle = write_bundle(tmp_path, contents())
    verify_golden(bundle, load_scorer(bundle))


def test_onnx_scores_are_float64_of_one_per_row(line):
    arrays = LINE.arrays({"a": [1, 2, 3], "b": [0, 0, 1]})
    scores = load_scorer(line).score(arrays)
    assert scores.dtype == np.float64
    assert scores.tolist() == [2.0, 4.0, 9.0]


def test_a_binary_score_is_the_probability_of_the_positive_class(fraud):
    scores = load_scorer(fraud).score(TRANSACTIONS.arrays(transactions(60)))
    amounts = np.array(transactions(60)["amount"])
    assert scores.shape == (60,)
    assert scores[amounts > 80].min() > 0.5 > scores[amounts < 20].max()


def test_a_multiclass_score_is_one_probability_per_class(iris):
    scores = load_scorer(iris).score(FLOWERS.arrays({"petal": [0.5, 6.9]}))
    assert scores.shape == (2, 3)
    assert scores.sum(axis=1) == pytest.approx([1, 1])
    assert FLOWERS.labels(scores) == ["setosa", "virginica"]


def test_the_frame_is_in_the_order_of_the_signature_with_nan_for_missing_strings():
    arrays = TRANSACTIONS.arrays({**transactions(3), "country": [None, "de", "fr"]})
    rows = frame(TRANSACTIONS, dict(reversed(list(arrays.items()))))
    assert list(rows.columns) == list(TRANSACTIONS.names)
    assert [str(kind) for kind in rows.dtypes] == ["float64", "float64", "float64", "object"]
    assert rows["country"].isna().tolist() == [True, False, False]


def test_golden_rows_that_differ_name_row_score_and_tolerance(tmp_path):
    golden = GoldenRows(({"a": 1, "b": 2}, {"a": 0, "b": 0}), (8.0, 0.5), 0.01)
    bundle = write_bundle(tmp_path, replace(line_contents(), golden=golden))
    message = "golden row 1: the model answers 0.0, expected 0.5 within 0.01"
    with pytest.raises(GoldenRowsDiffer, match=message) as refused:
        verify_golden(bundle, load_scorer(bundle))
    assert refused.value.row == 1


def test_golden_rows_that_a_model_refuses_differ_and_say_why(tmp_path):
    columns = transactions(60)
    arrays = TRANSACTIONS.arrays(columns)
    strict = make_pipeline(OneHotEncoder(), DummyClassifier(strategy="prior"))
    strict.fit(frame(TRANSACTIONS, arrays), arrays["night"])
    unseen = {name: values[0] for name, values in columns.items()} | {"country": "atlantis"}
    contents = replace(
        fraud_contents(), model=skops.io.dumps(strict), golden=GoldenRows((unseen,), (0.5,), 0.1)
    )
    bundle = write_bundle(tmp_path, contents)
    with pytest.raises(GoldenRowsDiffer, match=r"golden row 0: .*Found unknown categories"):
        verify_golden(bundle, load_scorer(bundle))


@pytest.mark.parametrize("off", [0.0, 0.009, -0.009])
def test_golden_rows_within_the_tolerance_are_the_same(off, tmp_path):
    golden = GoldenRows(({"a": 1, "b": 2},), (8.0 + off,), 0.01)
    bundle = write_bundle(tmp_path, replace(line_contents(), golden=golden))
    verify_golden(bundle, load_scorer(bundle))


def test_a_multiclass_model_that_swaps_two_classes_differs(tmp_path):
    contents = iris_contents()
    swapped = tuple((b, a, c) for a, b, c in contents.golden.scores)
    golden = replace(contents.golden, scores=swapped)
    bundle = write_bundle(tmp_path, replace(contents, golden=golden))
    with pytest.raises(GoldenRowsDiffer, match=r"golden row 0: the model answers \[0.9"):
        verify_golden(bundle, load_scorer(bundle))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (b"not a graph", "Failed to load model because protobuf parsing failed"),
        (graph("Nonsense"), "Nonsense"),
        (graph(inputs="ax"), r"the graph takes .*'x'.* but the signature asks for .*'b'"),
        (graph(kind=TensorProto.DOUBLE), r"the graph takes {'a': 'tensor\(double\)'"),
        (graph(output="answer"), "expected an output 'score' of tensor"),
    ],
)
def test_a_graph_that_does_not_fit_is_malformed(model, message, tmp_path):
    with pytest.raises(MalformedBundle, match=message):
        load_scorer(line_with(tmp_path, model))


def test_a_model_with_too_few_classes_is_malformed(tmp_path):
    petals = FLOWERS.arrays({"petal": [0.1, 5.0]})
    two = DummyClassifier().fit(frame(FLOWERS, petals), [0, 1])
    bundle = write_bundle(tmp_path, replace(iris_contents(), model=skops.io.dumps(two)))
    message = r"file 'model\.skops': it answers shape \[5, 2\], expected \[5, 3\]"
    with pytest.raises(MalformedBundle, match=message):
        verify_golden(bundle, load_scorer(bundle))


def test_a_row_without_a_finite_score_is_refused_by_its_number(line):
    huge = 3e38
    arrays = LINE.arrays({"a": [1, huge], "b": [1, huge]})
    with pytest.raises(InvalidInput, match="row 1: got a row without a finite score"):
        load_scorer(line).score(arrays)


def test_rows_that_a_pipeline_refuses_are_invalid_input(tmp_path):
    columns = transactions(60)
    arrays = TRANSACTIONS.arrays(columns)
    strict = make_pipeline(OneHotEncoder(), DummyClassifier(strategy="prior"))
    strict.fit(frame(TRANSACTIONS, arrays), arrays["night"])
    bundle = fraud_with(tmp_path, strict)
    known = TRANSACTIONS.arrays({name: values[:1] for name, values in columns.items()})
    unseen = {**known, "country": np.array(["atlantis"], dtype=object)}
    with pytest.raises(InvalidInput, match=r"a refusal by the model \(Found unknown categories"):
        load_scorer(bundle).score(unseen)


@pytest.mark.parametrize("model", [b"", b"not a zip", b"\x80\x04N.", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_skops_file_is_malformed(model, tmp_path):
    bundle = write_bundle(tmp_path, replace(fraud_contents(), model=model))
    with pytest.raises(MalformedBundle, match=r"file 'model\.skops'"):
        load_scorer(bundle)


def test_a_type_of_our_own_is_refused_even_when_the_manifest_trusts_it(tmp_path):
    pipeline = make_pipeline(FunctionTransformer(shout), DummyClassifier())
    name = f"{shout.__module__}.{shout.__qualname__}"
    for trusted in ((), (name,)):
        with pytest.raises(UntrustedTypes, match=re.escape(name)) as refused:
            load_scorer(fraud_with(tmp_path, pipeline, trusted))
        assert refused.value.types == (name,)


def test_a_type_of_our_own_is_loaded_when_manifest_and_setting_name_it(tmp_path):
    pipeline = make_pipeline(FunctionTransformer(shout), DummyClassifier())
    name = f"{shout.__module__}.{shout.__qualname__}"
    with pytest.raises(UntrustedTypes, match="SLIPWAY_TRUSTED_TYPES"):
        load_scorer(fraud_with(tmp_path / "unlisted", pipeline), (name,))
    load_scorer(fraud_with(tmp_path / "listed", pipeline, (name,)), (name,))


def test_a_manifest_that_lists_what_may_not_be_loaded_is_refused_even_if_nothing_needs_it(tmp_path):
    bundle = fraud_with(tmp_path, DummyClassifier(), ("os.system",))
    with pytest.raises(UntrustedTypes, match=r"os\.system") as refused:
        load_scorer(bundle)
    assert refused.value.types == ("os.system",)


def test_a_type_is_refused_when_only_the_prefix_speaks_for_it(tmp_path):
    pipeline = make_pipeline(FunctionTransformer(np.testing.measure), DummyClassifier())
    names = skops.io.get_untrusted_types(data=skops.io.dumps(pipeline))
    with pytest.raises(UntrustedTypes, match="measure"):
        load_scorer(fraud_with(tmp_path, pipeline, tuple(names)))


def test_a_type_inside_the_prefixes_is_loaded_when_the_manifest_trusts_it(tmp_path):
    pipeline = make_pipeline(FunctionTransformer(np.polyval), DummyClassifier())
    names = skops.io.get_untrusted_types(data=skops.io.dumps(pipeline))
    assert names == ["numpy.polyval"]
    load_scorer(fraud_with(tmp_path / "a", pipeline, tuple(names)))
    with pytest.raises(UntrustedTypes, match=r"numpy\.polyval; expected types that the manifest"):
        load_scorer(fraud_with(tmp_path / "b", pipeline))


def test_a_pipeline_without_probabilities_is_malformed(tmp_path):
    with pytest.raises(MalformedBundle, match="FunctionTransformer has no method 'predict_proba'"):
        load_scorer(fraud_with(tmp_path, FunctionTransformer()))


def test_a_model_changed_after_opening_is_refused_when_it_is_loaded(line):
    (line.folder / "model.onnx").write_bytes(b"other")
    with pytest.raises(CorruptFile, match=r"file 'model\.onnx': got 5 bytes"):
        load_scorer(line)
