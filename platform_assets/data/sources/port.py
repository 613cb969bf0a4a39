"""Where a model's deliveries come from: what arrives, and the promises of whoever brings it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import BinaryIO, Protocol


@dataclass(frozen=True, order=True)
class Arrival:
    """Something that has arrived, known by its name; `stamp` changes when its content does.

    `size` is in bytes, 0 if nobody knows before it is read. With `follows`, it was made from what
    the raw table held then, so many deliveries: it lands right behind them, or not at all.
    """

    name: str
    stamp: str
    size: int
    follows: int | None = None


@dataclass(frozen=True)
class Listing:
    """What a source holds: `finished` in order of name, `skipped` by name with the reason."""

    finished: tuple[Arrival, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)


def in_order(arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
    return tuple(sorted(arrivals, key=attrgetter("name")))


class Source(Protocol):
    """A place that deliveries come from. It is read, never changed."""

    @property
    def place(self) -> str:
        """The folder or address, for messages."""

    def listing(self) -> Listing:
        """What is there now, by name and stamp alone: no content is read.

        What is still being written is skipped. A place that does not exist yet is empty.
        """

    def open(self, arrival: Arrival) -> BinaryIO:
        """The whole content that `arrival` had at its stamp, to be closed by the caller.

        Raises
        ------
        ArrivalChanged
            If its content is no longer the one of the stamp, or it is gone.
        SourceUnavailable
            If the place cannot be reached.
        """
