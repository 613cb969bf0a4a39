"""Making the next items while the last ones are used."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")
DEPTH = 2
_LOOK_SECONDS = 0.1


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, made in a thread of their own, at most `DEPTH` ahead.

    What making them raises is raised here. Closing the iterator ends the thread.
    """
    made: queue.Queue[tuple[str, Any]] = queue.Queue(DEPTH)
    ended = threading.Event()

    def put(kind: str, value: Any = None) -> bool:
        while not ended.is_set():
            try:
                made.put((kind, value), timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def make() -> None:
        try:
            for item in items:
                if not put("item", item):
                    return
            put("end")
        except BaseException as error:  # noqa: BLE001  raised again by the thread that asks
            put("error", error)

    thread = threading.Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        while (answer := made.get())[0] == "item":
            yield answer[1]
        if answer[0] == "error":
            raise answer[1]
    finally:
        ended.set()
        thread.join()
