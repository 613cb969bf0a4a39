"""Scoring once more behind the answer: a bounded queue and one thread that rests most of the time.

What is scored here holds up the answers that come meanwhile, so the thread works for at most a
fifth of the time: the median request meets nobody.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

MOST_WAITING = 256
MOST_BYTES = 8 << 20
_REST = 4
# Shorter pauses are made longer by the system's timer than they are asked to be.
_SHORTEST_REST = 0.001

logger = logging.getLogger(__name__)


class _Task(NamedTuple):
    work: Callable[[], None]
    size: int


class Shadow:
    """Runs what it is given, in order; what finds the queue full is dropped and counted."""

    def __init__(self) -> None:
        self._queue: deque[_Task] = deque()
        # Each is counted up by one thread alone, so that none needs a lock.
        self.dropped = self._put = self._got = 0
        self._put_bytes = self._got_bytes = 0
        self._owed = 0.0
        self._closed = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return self._put - self._got

    def offer(self, work: Callable[[], None], size: int) -> None:
        """Take work in that holds `size` bytes; to be called by one thread alone."""
        full = self.waiting >= MOST_WAITING or self._put_bytes - self._got_bytes + size > MOST_BYTES
        if full or self._closed:
            self.dropped += 1
            return
        self._put += 1
        self._put_bytes += size
        self._queue.append(_Task(work, size))
        self._wake.set()

    def close(self) -> None:
        """Take nothing more, and let go of what waits; does not wait for the thread."""
        self._closed = True
        self._wake.set()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            while self._queue and not self._closed:
                self._do(self._queue.popleft())
        self._queue.clear()

    def _do(self, task: _Task) -> None:
        begun = time.perf_counter()
        try:
            task.work()
        except Exception:
            logger.exception("a request could not be scored once more")
        self._got += 1
        self._got_bytes += task.size
        self._owed += _REST * (time.perf_counter() - begun)
        if self._owed > _SHORTEST_REST:
            time.sleep(self._owed)
            self._owed = 0.0
