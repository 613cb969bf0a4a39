"""A limit in seconds for what may never end."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INSIST_SECONDS = 1.0


class OutOfTime(BaseException):
    """Raised inside of `within`; no Exception, since estimators catch those of their parts."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block once it has taken so long.

    The alarm is answered between two steps of Python: compiled code that never comes back does not
    see it. Only the main thread of a process has alarms; in another there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    begun, handler = time.monotonic(), signal.signal(signal.SIGALRM, _ring)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds, INSIST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            passed = time.monotonic() - begun
            signal.setitimer(signal.ITIMER_REAL, max(left - passed, 1e-3), again)


def _ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signal's own arguments
    raise OutOfTime
