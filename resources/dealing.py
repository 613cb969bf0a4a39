"""One iterator that several threads use up, each its share of it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def dealt(
    items: Iterable[Item], work: Callable[[Iterator[Item]], Result], threads: int
) -> list[Result]:
    """What `work` makes of each thread's share: of n threads, the first gets items 0, n, 2n, ...

    Who gets what does not depend on who is fast. What one of them raises, or `items`, is raised
    here, once the others have ended; they get no more then. One thread is the caller's own.
    """
    if threads == 1:
        return [work(iter(items))]
    round_ = _Round(items, threads)
    with ThreadPoolExecutor(threads, "dealt") as pool:
        running = [pool.submit(work, round_.share(place)) for place in range(threads)]
        try:
            for one in as_completed(running):
                one.result()
        finally:
            round_.end()
    return [one.result() for one in running]


class _Round(Generic[Item]):
    """Items dealt in turn; whoever waits for its turn waits no longer once there are none."""

    def __init__(self, items: Iterable[Item], takers: int) -> None:
        self._items, self._takers = iter(items), takers
        self._turn, self._changed, self._over = 0, Condition(), False

    def share(self, place: int) -> Iterator[Item]:
        while (item := self._take(place)) is not None:
            yield item[0]

    def _take(self, place: int) -> tuple[Item] | None:
        """The next item, once it is this taker's turn; None if there is none."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._turn == place)
            try:
                item = None if self._over else (next(self._items),)
            except StopIteration:
                item = None
            finally:
                self._turn = (place + 1) % self._takers
                self._changed.notify_all()
            self._over = self._over or item is None
            return item

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
