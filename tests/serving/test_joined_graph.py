"""Two inputs in place of one per column: the same values reach the model."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from serving.joined_graph import joined
from tests.support.bundles import line_graph


def words_graph(domains=("",)):
    """Says whether the texts of `left` and `right` are those of one column."""
    graph = helper.make_graph(
        [helper.make_node("Concat", ["left", "right"], ["score"], axis=1)],
        "words",
        [
            helper.make_tensor_value_info(n, TensorProto.STRING, [None, 1])
            for n in ("left", "right")
        ],
        [helper.make_tensor_value_info("score", TensorProto.STRING, [None, 2])],
    )
    opsets = [helper.make_opsetid(domain, 17 if domain == "" else 3) for domain in domains]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    return model.SerializeToString()


def run(model, feeds):
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["score"], feeds)[0]


def test_a_graph_of_numbers_answers_as_before():
    a, b = np.float32([[1], [2], [3]]), np.float32([[10], [20], [30]])
    graph = joined(line_graph(), ["b", "a"], [])
    assert graph.numbers == "numbers"
    answer = run(graph.model, {graph.numbers: np.hstack([b, a])})
    np.testing.assert_array_equal(answer, run(line_graph(), {"a": a, "b": b}))


def test_a_graph_of_texts_answers_as_before():
    block = np.array([["x", "y"], ["", "z"]], dtype=object)
    graph = joined(words_graph(), [], ["left", "right"])
    assert run(graph.model, {graph.texts: block}).tolist() == block.tolist()


def test_an_input_without_columns_is_not_there():
    inputs = onnx.load_from_string(joined(line_graph(), ["a", "b"], []).model).graph.input
    assert [one.name for one in inputs] == ["numbers"]


def test_names_that_the_graph_uses_already_are_left_to_it():
    model = onnx.load_from_string(line_graph())
    model.graph.node[0].output[0] = model.graph.node[2].input[0] = "numbers"
    graph = joined(model.SerializeToString(), ["a", "b"], [])
    assert graph.numbers == "numbers_"
    assert run(graph.model, {graph.numbers: np.float32([[1, 2]])}).tolist() == [[8.0]]


@pytest.mark.parametrize("domains", [("",), ("ai.onnx.ml",)])
def test_what_gathers_the_columns_is_always_imported(domains):
    made = onnx.load_from_string(joined(words_graph(domains), [], ["left", "right"]).model)
    assert "" in {opset.domain for opset in made.opset_import}


def test_an_input_that_no_node_reads_keeps_its_name():
    model = onnx.load_from_string(line_graph())
    model.graph.input.append(helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [None, 1]))
    graph = joined(model.SerializeToString(), ["a", "b", "numbers"], [])
    assert graph.numbers == "numbers_"
    assert run(graph.model, {graph.numbers: np.float32([[1, 2, 9]])}).tolist() == [[8.0]]
