"""Rows as text, and what could not be made a row of: what reading a delivery gives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl


@dataclass(frozen=True)
class Fault:
    """One row that cannot be taken apart, with the rule it breaks and its bytes."""

    number: int
    rule: str
    original: bytes
    detail: str


@dataclass(frozen=True)
class TextRows:
    """Some rows of one delivery, in order.

    `text` has shape (n, columns), every value text or null; `numbers` the place of each row in the
    delivery, counted from 0 with the rows in `faults`; `marked` says that undecodable bytes were
    met, see `utf8`.
    """

    text: pl.DataFrame
    numbers: pl.Series
    faults: tuple[Fault, ...] = ()
    marked: bool = False


class Readable(Protocol):
    """A stream of bytes; fewer than asked for come before the end only if there are none yet."""

    def read(self, size: int = -1, /) -> bytes: ...


class Reader(Protocol):
    """Takes a delivery apart."""

    def __call__(self, content: Readable, columns: Sequence[str]) -> Iterator[TextRows]:
        """The rows with these columns, others left out.

        Raises
        ------
        FileUnreadable
            If it cannot be taken apart at all, or misses a column; rows may have come before.
        """
