"""Looking for a person in deliveries that cannot be taken apart, by their bytes alone."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from platform_assets.data.reading.read import unpacked
from platform_assets.data.reading.utf8 import Utf8
from platform_assets.data.subject import Subject

_PIECE = 1 << 20
# No id is longer; so much of a piece is looked at again with the next one.
_LONGEST = 1024
_NO_TEXT = b"\0"


def holds(opened: Callable[[], io.BufferedReader], subject: Subject, encoding: str) -> bool | None:
    """Whether a delivery holds an id, as a word; None if nobody can tell.

    It is looked through as it is, and as text in `encoding`, unpacked if it was gzipped. What is
    no such text to its end (compressed, cut off, in another encoding) may hide the id.
    """
    with closing(opened()) as stream:
        if named(subject, iter(lambda: stream.read(_PIECE), b"")):
            return True
    with closing(opened()) as stream:
        text = _Text(stream, encoding)
        found = named(subject, text)
    return True if found else (False if text.whole else None)


def named(subject: Subject, pieces: Iterable[bytes]) -> bool:
    """Whether pieces hold an id, also across two of them."""
    before = b""
    for piece in pieces:
        if subject.named_in(before + piece):
            return True
        before = (before + piece)[-_LONGEST:]
    return False


class _Text:
    """A delivery as UTF-8, piece by piece; `whole` says at the end whether all of it was text."""

    def __init__(self, content: io.BufferedReader, encoding: str) -> None:
        self._content, self._encoding = content, encoding
        self.whole = False

    def __iter__(self) -> Iterator[bytes]:
        text, clear = Utf8(unpacked(self._content), self._encoding), True
        stream = text.stream()
        try:
            while piece := stream.read(_PIECE):
                clear = clear and _NO_TEXT not in piece
                yield piece
        except (gzip.BadGzipFile, EOFError, zlib.error):
            return
        self.whole = clear and not text.marked
