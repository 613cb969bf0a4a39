"""An ONNX graph with two inputs, numbers and texts, in place of one for each column.

ONNX Runtime takes most of a microsecond for every input that it is handed, and building the arrays
takes as long again. The values that reach the model are the same, bit for bit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import onnx
from onnx import TensorProto, helper


class Joined(NamedTuple):
    """A graph, and what its inputs are called; an input without columns is not there."""

    model: bytes
    numbers: str
    texts: str


def joined(model: bytes, numbers: Sequence[str], texts: Sequence[str]) -> Joined:
    """Put inputs of shapes (n, k) and (n, m) before those of each column, of shape (n, 1).

    `numbers` (float) and `texts` (string) name all inputs of the graph, in the order of the blocks.
    """
    document = onnx.load_from_string(model)
    graph = document.graph
    used = {name for node in graph.node for name in (*node.input, *node.output)}
    used |= {one.name for one in (*graph.input, *graph.initializer)}
    blocks = (
        (_unused("numbers", used), TensorProto.FLOAT, numbers),
        (_unused("texts", used), TensorProto.STRING, texts),
    )
    taken = [
        helper.make_node("Gather", [block, _unused(f"{block}_{place}", used)], [name], axis=1)
        for block, _, names in blocks
        for place, name in enumerate(names)
    ]
    for place, node in zip((*range(len(numbers)), *range(len(texts))), taken, strict=True):
        graph.initializer.append(helper.make_tensor(node.input[1], TensorProto.INT64, [1], [place]))
    nodes = [*taken, *graph.node]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.extend(
        helper.make_tensor_value_info(block, kind, [None, len(names)])
        for block, kind, names in blocks
        if names
    )
    if all(opset.domain for opset in document.opset_import):
        document.opset_import.append(helper.make_opsetid("", 11))
    return Joined(document.SerializeToString(), blocks[0][0], blocks[1][0])


def _unused(name: str, used: set[str]) -> str:
    while name in used:
        name += "_"
    return name
