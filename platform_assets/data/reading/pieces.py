"""An iterator of bytes as a file that can be read, and such a file as its pieces again."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from platform_assets.data.reading.rows import Readable

Piece = bytes | memoryview


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

    def rest(self) -> Iterator[memoryview]:
        """What was not read yet, as it lies in memory."""
        ready, self._ready = self._ready, memoryview(b"")
        yield ready
        for piece in self._pieces:
            yield memoryview(piece).cast("B")


def buffered(pieces: Iterable[Any], size: int) -> io.BufferedReader:
    """The same as parsers like it: what they ask for comes whole, and the start can be peeked."""
    return io.BufferedReader(Pieces(pieces), size)


def pieces(content: Readable, size: int) -> Iterator[Piece]:
    """What is left of a stream: its pieces, uncopied, or else `size` bytes at a time; none empty.

    Copying a delivery from buffer to buffer costs as much as taking it apart.
    """
    if isinstance(content, io.BufferedReader) and isinstance(content.raw, Pieces):
        yield from filter(len, [content.read(len(content.peek()))])
        yield from filter(len, content.raw.rest())
    else:
        yield from iter(lambda: content.read(size), b"")


def in_blocks(some: Iterable[Piece], size: int) -> Iterator[Piece]:
    """The same bytes in blocks of at most `size`; copied where small pieces are joined."""
    held: list[Piece] = []
    total = 0
    for piece in _split(some, size):
        if held and total + len(piece) > size:
            yield _joined(held)
            held, total = [], 0
        held.append(piece)
        total += len(piece)
        if total == size:
            yield _joined(held)
            held, total = [], 0
    if held:
        yield _joined(held)


def _split(some: Iterable[Piece], size: int) -> Iterator[Piece]:
    for piece in some:
        whole = memoryview(piece)
        for start in range(0, len(whole), size):
            yield whole[start : start + size]


def _joined(held: list[Piece]) -> Piece:
    return held[0] if len(held) == 1 else b"".join(held)
