"""Making the next item while the last one is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, each made in another thread while the one before is at work.

    What making them raises is raised here.
    """
    # A future cannot carry StopIteration, so each item comes in a tuple, and the end as none.
    source = ((item,) for item in items)
    with ThreadPoolExecutor(1, "ahead") as maker:
        coming = maker.submit(next, source, None)
        while (made := coming.result()) is not None:
            coming = maker.submit(next, source, None)
            yield made[0]
