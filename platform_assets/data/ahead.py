"""Making the next items while the last one is used."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item], most: int = 1) -> Iterator[Item]:
    """The same items, up to `most` made in another thread while the one before is at work.

    What making them raises is raised here.
    """
    # A future cannot carry StopIteration, so each item comes in a tuple, and the end as none.
    source = ((item,) for item in items)
    maker = ThreadPoolExecutor(1, "ahead")
    try:
        coming = deque(maker.submit(next, source, None) for _ in range(most))
        while (made := coming.popleft().result()) is not None:
            coming.append(maker.submit(next, source, None))
            yield made[0]
    finally:
        maker.shutdown(cancel_futures=True)
