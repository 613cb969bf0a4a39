"""What stands in the files that a pipeline is written to."""

import hashlib
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import numpy as np
import onnx
import pytest
import skops.io
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from platform_assets.errors import ExportError
from platform_assets.ml.golden import golden_rows
from platform_assets.ml.onnx_file import to_onnx
from platform_assets.ml.skops_file import to_skops
from serving.bundle import write_bundle
from tests.ml.examples import example, signature
from tests.ml.test_export import CONVERTIBLE, contents, exported, imputed, scaled_trees

TENSOR = onnx.TensorProto


def graph(case):
    task = case.split()[0]
    return onnx.load_from_string(to_onnx(CONVERTIBLE[case](), signature(task))).graph


@pytest.mark.parametrize("case", CONVERTIBLE)
def test_a_graph_takes_one_column_of_one_type_for_each_feature(case):
    taken = {
        one.name: (one.type.tensor_type.elem_type, one.type.tensor_type.shape.dim[1].dim_value)
        for one in graph(case).input
    }
    assert taken == {
        "amount": (TENSOR.FLOAT, 1),
        "age": (TENSOR.FLOAT, 1),
        "country": (TENSOR.STRING, 1),
    }


@pytest.mark.parametrize("case", CONVERTIBLE)
def test_a_graph_answers_with_the_score_and_nothing_else(case):
    answers = graph(case).output
    assert [(one.name, one.type.tensor_type.elem_type) for one in answers] == [
        ("score", TENSOR.FLOAT)
    ]


def test_a_graph_is_valid_onnx():
    onnx.checker.check_model(to_onnx(CONVERTIBLE["binary linear"](), signature("binary")))


def test_a_pipeline_without_probabilities_has_no_score_to_give():
    features, target = example("regression")
    pipeline = make_pipeline(FunctionTransformer()).fit(features[["amount"]], target)
    with pytest.raises(ExportError, match=r"no ONNX form|answers"):
        to_onnx(pipeline, signature("binary"))


def test_a_rewritten_skops_file_holds_the_same_model():
    pipeline = scaled_trees()
    data, trusted = to_skops(pipeline, "toy")
    features, _ = example("binary", seed=3)
    loaded = skops.io.loads(data, trusted=list(trusted))
    assert (loaded.predict_proba(features) == pipeline.predict_proba(features)).all()


def test_a_skops_file_knows_neither_the_time_nor_the_memory_it_was_written_in():
    data, _ = to_skops(scaled_trees(), "toy")
    with ZipFile(io.BytesIO(data)) as file:
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        schema = file.read("schema.json").decode()
        names = [entry.filename for entry in file.infolist() if entry.filename != "schema.json"]
    assert names == [f"{place}.npy" for place in range(len(names))]
    assert max(ids(json.loads(schema))) < 100_000


def test_arrays_that_are_shared_are_written_once_and_read_everywhere():
    shared = np.arange(3.0)
    pipeline = make_pipeline(LogisticRegression())
    pipeline[-1].coef_, pipeline[-1].intercept_ = shared, shared
    data, _ = to_skops(pipeline, "toy")
    loaded = skops.io.loads(data)[-1]
    with ZipFile(io.BytesIO(data)) as file:
        assert file.namelist() == ["0.npy", "schema.json"]
    assert loaded.coef_.tolist() == loaded.intercept_.tolist() == [0, 1, 2]


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "16"])
def test_another_process_writes_the_same_bundles(seed):
    """Hash seeds and memory addresses differ from one process to the next.

    Seed 16 turns the set round in which skl2onnx 1.20 collects the opsets of a graph.
    """
    other = subprocess.run(
        [sys.executable, "-c", "from tests.ml.test_files import digests; print(digests())"],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": seed},
    )
    assert other.stdout.strip() == str(digests())


def test_what_can_only_be_pickled_is_refused():
    pipeline = make_pipeline(LogisticRegression())
    pipeline[-1].secret = (number for number in range(3))
    with pytest.raises(ExportError, match=r"no skops form.*generator"):
        to_skops(pipeline, "toy")


@pytest.mark.parametrize("name", ["math.sqrt", "builtins.eval"])
def test_a_type_that_serving_would_not_load_is_refused_by_name(name):
    step = {"math.sqrt": math.sqrt, "builtins.eval": eval}[name]
    pipeline = make_pipeline(FunctionTransformer(step))
    with pytest.raises(ExportError, match=f"would hold {name}; .* serving.trusted_types"):
        to_skops(pipeline, "toy")
    if name == "math.sqrt":
        assert name in to_skops(pipeline, "toy", [name])[1]


DIGESTED = {
    "binary linear": CONVERTIBLE["binary linear"],
    "binary forest": CONVERTIBLE["binary forest"],
    "binary boosting": CONVERTIBLE["binary boosting"],
    "binary stages": lambda: imputed(GradientBoostingClassifier(n_estimators=10, random_state=0)),
}


def digests():
    """The name of each model's bundle, with golden rows and all, and of its skops file."""
    told = []
    for make in DIGESTED.values():
        pipeline = make()
        found, golden = exported("binary", pipeline), example("binary", seed=1)[0]
        written = contents(found, golden_rows(found, golden))
        with TemporaryDirectory() as store:
            told.append(write_bundle(Path(store), written).digest)
        told.append(hashlib.sha256(to_skops(pipeline, "toy")[0]).hexdigest())
    return told


def ids(node):
    if isinstance(node, dict):
        yield node.get("__id__", 0)
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from ids(inner)
