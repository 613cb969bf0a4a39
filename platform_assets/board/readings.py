"""Sources that may be slow or down: each is asked by itself, and what it said last is kept.

A page is never kept waiting by a source for longer than it likes; a look that takes longer ends
behind its back and is on the next page.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from gitops.errors import GitopsError
from platform_assets.errors import SlipwayError
from resources.errors import ResourceError

FRESH = timedelta(seconds=3)
log = logging.getLogger(__name__)
Look = Callable[[], Any]
Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Reading:
    """What a source said last and when (None: never); `trouble` is why the last look failed.

    `asking` while a look is under way.
    """

    value: Any = None
    at: datetime | None = None
    trouble: str = ""
    asking: bool = False


class Source:
    """Something that can be looked at; there is at most one look at a time."""

    def __init__(self, look: Look, clock: Clock = now, fresh: timedelta = FRESH) -> None:
        self._look, self._clock, self._fresh = look, clock, fresh
        self._lock = Lock()
        self._reading = Reading()
        self._asked: datetime | None = None

    @property
    def reading(self) -> Reading:
        return self._reading

    def ask(self, threads: ThreadPoolExecutor) -> Future[None] | None:
        """Begin a look, unless one is under way or the last is fresh enough."""
        with self._lock:
            asked = self._clock()
            if self._reading.asking or (self._asked and asked - self._asked < self._fresh):
                return None
            self._asked = asked
            self._reading = replace(self._reading, asking=True)
        return threads.submit(self._run)

    def _run(self) -> None:
        try:
            value = self._look()
        except Exception as error:  # noqa: BLE001  whatever it is, the page says it
            with self._lock:
                self._reading = replace(self._reading, trouble=_sentence(error), asking=False)
        else:
            with self._lock:
                self._reading = Reading(value, self._clock())


class Sources:
    """All sources of a page, by name."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)
        self._threads = ThreadPoolExecutor(len(sources), thread_name_prefix="board")

    def readings(self, patience: float, again: float | None = None) -> dict[str, Reading]:
        """What each source says, waited for `patience` seconds in all.

        Only `again` seconds once each of them has said something: one look older will do.
        """
        known = all(one.reading.at or one.reading.trouble for one in self._sources.values())
        begun = [one.ask(self._threads) for one in self._sources.values()]
        seconds = again if known and again is not None else patience
        wait([future for future in begun if future is not None], timeout=seconds)
        return {name: one.reading for name, one in self._sources.items()}

    def close(self) -> None:
        """Begin no more looks; one that is under way is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _sentence(error: Exception) -> str:
    if not isinstance(error, (GitopsError, ResourceError, SlipwayError)):
        log.error("a source of the board failed", exc_info=error)
    return " ".join(str(error).split()) or type(error).__name__
