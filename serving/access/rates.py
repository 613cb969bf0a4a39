"""How often a token may be shown: sliding windows, counted in this process alone."""

import math
import time
from functools import cache

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from serving.access.grants import Grant
from serving.errors import TooManyRequests


class Rates:
    """What is left of each token's rates."""

    def __init__(self) -> None:
        self._windows = SlidingWindowCounterRateLimiter(MemoryStorage())

    def spend(self, grant: Grant) -> None:
        """Count one request; TooManyRequests if one of the grant's rates does not allow it.

        What is refused counts for none of them.
        """
        rates = _parsed(grant.rate)
        for rate in rates:
            if not self._windows.test(rate, grant.name):
                reset = self._windows.get_window_stats(rate, grant.name).reset_time
                wait = max(1, math.ceil(reset - time.time()))
                raise TooManyRequests(grant.name, str(rate), wait)
        for rate in rates:
            self._windows.hit(rate, grant.name)


@cache
def _parsed(text: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse_many(text)) if text else ()
