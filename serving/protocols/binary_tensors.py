"""The binary tensor extension of the Open Inference Protocol, as Triton and its clients have it.

The body is a JSON document, then the data of those tensors that carry `binary_data_size`, one
behind the other. Numbers are little-endian; a string is its length in four bytes, then UTF-8.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.errors import InvalidInput, MalformedBody
from serving.quoting import quote
from serving.signature import Array

HEADER = "inference-header-content-length"
# Longer lengths are none: int() of thousands of digits is slow.
_LONGEST_LENGTH = 18
_LENGTH = struct.Struct("<I")
_DTYPE: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.uint8),
    **{f"FP{bits}": np.dtype(f"<f{bits // 8}") for bits in (16, 32, 64)},
    **{f"INT{bits}": np.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)},
}


class BinaryData:
    """The data behind the JSON document, from which each tensor takes its own in turn."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._taken = data, 0

    def take(self, name: str, datatype: str, rows: int, size: Any) -> Array | list[str]:
        """Return the next `size` bytes as `rows` cells.

        Numbers share the memory of the body.

        Raises
        ------
        InvalidInput
            For sizes that do not fit, strings that are no UTF-8, and bytes that are no booleans.
        """
        left = len(self._data) - self._taken
        if type(size) is not int or not 0 <= size <= left:
            expected = f"the tensor's bytes, at most {left}"
            raise InvalidInput(name, None, f"binary_data_size {quote(size)}", expected)
        part = self._data[self._taken : self._taken + size]
        self._taken += size
        if datatype == "BYTES":
            return _strings(name, part, rows)
        return _numbers(name, part, _DTYPE[datatype], rows, boolean=datatype == "BOOL")

    def check_empty(self) -> None:
        """Refuse bytes that no tensor has taken."""
        left = len(self._data) - self._taken
        if left:
            expected = "as many as binary_data_size adds up to"
            raise MalformedBody("body", f"{left} bytes too many behind the JSON", expected)


def split(body: bytes, length: str | None) -> tuple[bytes | memoryview, BinaryData | None]:
    """Take the JSON document and the binary data apart; `length` is the value of `HEADER`."""
    if length is None:
        return body, None
    digits = length.isascii() and length.isdecimal() and len(length) <= _LONGEST_LENGTH
    if not digits or int(length) > len(body):
        raise MalformedBody(HEADER, quote(length), f"a number up to {len(body)}, the body's bytes")
    view = memoryview(body)
    return view[: int(length)], BinaryData(view[int(length) :])


def pack(values: Array | Sequence[str]) -> bytes:
    """Write scores (as FP64, row by row) or labels (as BYTES)."""
    if isinstance(values, np.ndarray):
        return values.astype("<f8", copy=False).tobytes()
    texts = [value.encode() for value in values]
    return b"".join(part for text in texts for part in (_LENGTH.pack(len(text)), text))


def _numbers(
    name: str, part: memoryview, dtype: np.dtype[Any], rows: int, *, boolean: bool
) -> Array:
    if len(part) != rows * dtype.itemsize:
        expected = f"{rows * dtype.itemsize}, as its shape and datatype say"
        raise InvalidInput(name, None, f"{len(part)} bytes", expected)
    array: Array = np.frombuffer(part, dtype)
    if not boolean:
        return array
    wrong = np.flatnonzero(array > 1)
    if wrong.size:
        row = int(wrong[0])
        raise InvalidInput(name, row, f"the byte {array[row]}", "the byte 0 or 1")
    return array.view(np.bool_)


def _strings(name: str, part: memoryview, rows: int) -> list[str]:
    cells: list[str] = []
    at = 0
    for row in range(rows):
        start = at + _LENGTH.size
        at = start + _LENGTH.unpack_from(part, at)[0] if start <= len(part) else start
        if at > len(part):
            got = f"a string that ends {at - len(part)} bytes behind the tensor's data"
            raise InvalidInput(name, row, got, "four bytes of length, then as many of UTF-8")
        cells.append(_text(name, row, part[start:at]))
    if at < len(part):
        got = f"{len(part) - at} bytes too many"
        raise InvalidInput(name, None, got, f"{rows} strings, as its shape says")
    return cells


def _text(name: str, row: int, part: memoryview) -> str:
    try:
        return str(part, "utf-8")
    except UnicodeDecodeError as error:
        got = f"bytes that are no UTF-8 ({error.reason})"
        raise InvalidInput(name, row, got, "a string in UTF-8") from error
