"""How long a request waits for its turn before it is refused, so that others keep theirs.

Past capacity every queue grows until nothing in it comes in time. What would wait too long, or has,
is refused in place of being scored: that costs next to nothing, so the queue is short again at
once, and what is scored has waited no longer than is allowed.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from serving.errors import Overloaded

# A busy machine can hold up a process for longer than anyone is to wait, and a large request is
# slow by itself; who is not behind at least so many others is not refused for that.
FEW = 16
# Python code runs in one of them at a time: with more, the event loop waits for its turn longer.
THREADS = max(2, os.cpu_count() or 1)
_WEIGHT = 0.1

Result = TypeVar("Result")
Clock = Callable[[], float]


class Turns:
    """What is answered in the event loop itself; `seconds` is the longest wait."""

    def __init__(self, seconds: float, *, clock: Clock = time.perf_counter) -> None:
        self._seconds, self._clock = seconds, clock
        self._begun, self._count = 0.0, 0
        self._task: asyncio.Task[Any] | None = None

    def take(self) -> None:
        """Overloaded if the loop's present pass has lasted too long; to be called in the loop.

        All that is ready when a pass begins has its turn in that pass, one after the other: how
        long the pass has lasted is how long this one has waited.
        """
        task, before = asyncio.current_task(), self._task
        self._task = task
        if self._count == 0:
            self._begun = self._clock()
            asyncio.get_running_loop().call_soon(self._end_pass)
        elif task is before:
            # Who asks again in the same task had its answer first, and waited for nobody.
            self._begun, self._count = self._clock(), 0
        self._count += 1
        if self._count > FEW and self._clock() - self._begun > self._seconds:
            raise Overloaded(self._seconds)

    def _end_pass(self) -> None:
        self._count, self._task = 0, None


class Pool:
    """Threads for what takes longer; `seconds` is the longest wait for one of them."""

    def __init__(
        self, seconds: float, *, threads: int = THREADS, clock: Clock = time.perf_counter
    ) -> None:
        self._seconds, self._clock, self._count = seconds, clock, threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="scoring")
        self._under_way = 0
        self._usual = 0.0

    @property
    def is_full(self) -> bool:
        """Whether the next one would wait too long, by what the latest work took."""
        behind = self._behind
        return behind > FEW and behind * self._usual > self._seconds * self._count

    @property
    def _behind(self) -> int:
        return self._under_way - self._count + 1

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do the work in a thread.

        Raises
        ------
        Overloaded
            At once if, by what the latest work took, it would wait too long; or when its turn has
            come too late.
        """
        if self.is_full:
            raise Overloaded(self._seconds)
        deadline = self._clock() + self._seconds if self._behind > FEW else float("inf")
        self._under_way += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._in_turn, deadline, work)
        finally:
            self._under_way -= 1

    def _in_turn(self, deadline: float, work: Callable[[], Result]) -> Result:
        begun = self._clock()
        if begun > deadline:
            raise Overloaded(self._seconds)
        try:
            return work()
        finally:
            self._usual += _WEIGHT * (self._clock() - begun - self._usual)
