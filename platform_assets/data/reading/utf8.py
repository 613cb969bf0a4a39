"""Bytes in any encoding as UTF-8, with each undecodable byte kept recognisable.

Arrow takes valid UTF-8 alone and refuses a whole block for one wrong byte. A byte that cannot be
decoded becomes a character of Unicode's private area, so that the one value that holds it is found
later and its bytes are not lost.
"""

import codecs
import io
import re
import threading
from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from platform_assets.data.reading.pieces import Piece, buffered, pieces
from platform_assets.data.reading.rows import Readable

CHUNK = 1 << 20
_ASCII_END = 0x80
# Fonts and keyboards use the private area of the first plane; next to nobody this one.
_FIRST = 0x10F700
MARKS = "[\U0010f700-\U0010f7ff]"
MARKED_BYTE = b"\xf4"
_HANDLER = "slipway.marks"
# A handler is found by its name, and so cannot know for whom it works.
_met = threading.local()


class Utf8:
    """`content` through a decoder; ends with a newline unless it is empty.

    `marked` says whether an undecodable byte has been met so far, `quotes` how often `quote` has.
    """

    def __init__(self, content: Readable, encoding: str, quote: str = '"') -> None:
        # "utf-8-sig" itself loses a file that ends within the bytes of its mark.
        self._signed = codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}
        self._decoder = codecs.getincrementaldecoder("utf-8" if self._signed else encoding)(
            _handler()
        )
        self._content = content
        self._quote = ord(quote)
        self._first = self._signed
        self.marked = False
        self.quotes = 0

    def stream(self) -> io.BufferedReader:
        """The text as UTF-8, once."""
        return buffered(self.pieces(), CHUNK)

    def pieces(self) -> Iterator[Piece]:
        """The same, piece by piece, with what needs no decoding uncopied."""
        last: Piece = b"\n"
        for text in self._texts():
            self.quotes += int(np.count_nonzero(_codes(text) == self._quote))
            last = text[-1:]
            yield text
        if last != b"\n":
            yield b"\n"

    def _texts(self) -> Iterator[Piece]:
        """What was decoded, without a mark of the byte order in front; no piece is empty."""
        for chunk in pieces(self._content, CHUNK):
            if self._stays(chunk):
                self._first = False
                yield chunk
            else:
                parts = (chunk[start : start + CHUNK] for start in range(0, len(chunk), CHUNK))
                yield from filter(None, map(self._decoded, parts))
        yield from filter(None, [self._decoded(b"", final=True)])

    def _decoded(self, chunk: Piece, *, final: bool = False) -> bytes:
        _met.undecodable = False
        text = self._decoder.decode(chunk, final=final)
        self.marked |= _met.undecodable
        if self._first and text:
            self._first, text = False, text.removeprefix("\ufeff")
        return text.encode()

    def _stays(self, chunk: Piece) -> bool:
        """Is the chunk what it would become, with nothing of the one before left to decode?"""
        plain = self._signed and bool(_codes(chunk).max() < _ASCII_END)
        return plain and not self._decoder.getstate()[0]


def _codes(text: Piece) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text, np.uint8)


@cache
def _handler() -> str:
    """The name under which the process knows how an undecodable byte is marked."""
    codecs.register_error(_HANDLER, _mark)
    return _HANDLER


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _met.undecodable = True
    wrong = error.object[error.start : error.end]
    return "".join(chr(_FIRST + byte) for byte in wrong), error.end


def unmarked(text: str) -> str:
    r"""The text with each undecodable byte written as `\xNN`."""
    return re.sub(MARKS, lambda found: f"\\x{ord(found[0]) - _FIRST:02x}", text)


def original(text: str) -> bytes:
    """The bytes that the text was made from, as UTF-8 but for the undecodable ones."""
    return b"".join(
        part.encode() if not re.fullmatch(MARKS, part) else bytes([ord(part) - _FIRST])
        for part in re.split(f"({MARKS})", text)
    )


def is_marked(text: pl.Series) -> pl.Series:
    """Which values hold an undecodable byte; null where there is no value."""
    return text.str.contains(MARKS)
