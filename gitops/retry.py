"""Compare-and-swap, repeated: what loses against another writer is tried again, a bounded time."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from gitops.errors import Contention, ForgeError

T = TypeVar("T")

ATTEMPTS = 60
LONGEST_PAUSE = 0.25


def until_won(
    what: str,
    attempt: Callable[[], T],
    lost: type[ForgeError] | tuple[type[ForgeError], ...],
    attempts: int = ATTEMPTS,
) -> T:
    """Call `attempt` until it no longer raises `lost`; it must read everything anew each time.

    Raises
    ------
    Contention
        When `attempts` calls lost in a row.
    """
    for number in range(attempts):
        try:
            return attempt()
        except lost:
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.01 * 2**number)))  # noqa: S311 -- spreads writers, keeps no secret
    raise Contention(what, attempts)
