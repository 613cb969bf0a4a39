"""Waiting for another thread: until it is so, not for some time."""

import time
from collections.abc import Callable

SECONDS = 60.0
PAUSE = 0.002


def until(so: Callable[[], bool]) -> None:
    """Return once `so` is true; TimeoutError if it never is."""
    deadline = time.monotonic() + SECONDS
    while not so():
        if time.monotonic() > deadline:
            raise TimeoutError("it never was")
        time.sleep(PAUSE)
