"""An iterator of bytes as a file that can be read."""

import io
from collections.abc import Iterable
from typing import Any


class Pieces(io.RawIOBase):
    """The pieces one after the other, each fetched when it is needed."""

    def __init__(self, pieces: Iterable[Any]) -> None:
        self._pieces = iter(pieces)
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._ready:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._ready = memoryview(piece).cast("B")
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def buffered(pieces: Iterable[Any], size: int) -> io.BufferedReader:
    """The same as parsers like it: what they ask for comes whole, and the start can be peeked."""
    return io.BufferedReader(Pieces(pieces), size)
