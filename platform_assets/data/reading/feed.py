"""Text as Arrow's CSV reader takes it: block by block, uncopied, and only a few blocks ahead."""

import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from platform_assets.data.reading.pieces import Piece, in_blocks

# Arrow needs three at once: the one in work, the one after it, and what lies across both.
AHEAD = 6


class Feed:
    """The pieces in blocks of at most `size` bytes, as a file with what `pyarrow.PythonFile` asks.

    A thread of Arrow's reads up to 32 blocks before they are needed (ARROW-12090). While `few` is
    entered, it waits until all but AHEAD of those that it was given are gone. Arrow has only
    `pyarrow.io_thread_count()` such threads, so feeds read in turn must be fewer.
    """

    closed = False

    def __init__(self, pieces: Iterable[Piece], size: int) -> None:
        self._blocks = in_blocks(pieces, size)
        self._first = next(self._blocks, b"")
        self._begun = self._bounded = False
        self._held = 0
        self._gone = threading.Condition()

    def peek(self) -> Piece:
        """The first block, which is still to be read."""
        return self._first

    def read_buffer(self, _: int, /) -> npt.NDArray[np.uint8]:
        """The next block, whatever its size; an empty one at the end."""
        with self._gone:
            self._gone.wait_for(lambda: not self._bounded or self._held < AHEAD)
            self._held += 1
        block = np.frombuffer(self._next(), np.uint8)
        weakref.finalize(block, self._release).atexit = False
        return block

    @contextmanager
    def few(self) -> Iterator[None]:
        """Hold Arrow back; when this is left, whatever still reads is let go, so it can end."""
        self._bound(True)
        try:
            yield
        finally:
            self._bound(False)

    def close(self) -> None:
        """Arrow does so when it is done."""
        self.closed = True

    def _next(self) -> Piece:
        if self._begun:
            return next(self._blocks, b"")
        self._begun = True
        return self._first

    def _bound(self, bounded: bool) -> None:
        with self._gone:
            self._bounded = bounded
            self._gone.notify_all()

    def _release(self) -> None:
        with self._gone:
            self._held -= 1
            self._gone.notify_all()
