"""What the payment processor knows about a card and a terminal when a payment comes in.

Every aggregate looks back from the payment and never includes it. Frauds are known only after
they are reported, so a terminal's record is some days old.
"""

import numpy as np

from platform_assets.defs.fraud.world import DAY, Array

HOUR = 3_600
REPORTED_AFTER = 3 * DAY
MEMORY = 30 * DAY


class History:
    """Events of many owners, looked up by owner and time.

    `owner`, `second` and `value` have shape (n,) and whole numbers, which add up without rounding;
    `second` may be negative. Every answer is one figure for each event, in the order given.
    """

    def __init__(self, owner: Array, second: Array, value: Array) -> None:
        self._lowest = int(second.min())
        self._span = int(second.max()) - self._lowest + MEMORY + REPORTED_AFTER + 2
        self._key = self._keys(owner, second)
        self._order = np.argsort(self._key, kind="stable")
        self._sorted = self._key[self._order]
        self._sums = np.r_[0, np.cumsum(value[self._order])]
        self._owner, self._second = owner, second

    def count_and_sum(self, since: int, until: int = 0) -> tuple[Array, Array]:
        """Events from `since` to `until` seconds before each event, and their values' sum."""
        first = np.searchsorted(self._sorted, self._keys(self._owner, self._second - since))
        end = np.searchsorted(self._sorted, self._keys(self._owner, self._second - until))
        end = np.maximum(end, first)
        return end - first, self._sums[end] - self._sums[first]

    def since_last(self) -> Array:
        """Seconds since the owner's event before; NaN for the first."""
        gap = np.diff(self._sorted, prepend=self._sorted[0] - self._span).astype(float)
        same = np.diff(self._owner[self._order], prepend=-1) == 0
        found = np.empty(len(gap))
        found[self._order] = np.where(same, gap, np.nan)
        return found

    def _keys(self, owner: Array, second: Array) -> Array:
        offset = second - self._lowest + MEMORY + REPORTED_AFTER
        keys: Array = owner.astype(np.int64) * self._span + offset
        return keys


def of_customers(customer: Array, second: Array, amount: Array) -> dict[str, Array]:
    """Columns about the card: how often, how much and how recently it paid."""
    history = History(customer, second, np.rint(amount * 100).astype(np.int64))
    rows, cents = history.count_and_sum(MEMORY)
    mean = np.where(rows > 0, cents / 100 / np.maximum(rows, 1), np.nan)
    return {
        "customer_count_1h": history.count_and_sum(HOUR)[0],
        "customer_count_24h": history.count_and_sum(DAY)[0],
        "customer_mean_amount_30d": mean.round(2),
        "amount_to_mean_30d": (amount / np.maximum(mean, 0.01)).round(3),
        "minutes_since_last": (history.since_last() / 60).round(1),
    }


def of_terminals(terminal: Array, second: Array, fraud: Array) -> dict[str, Array]:
    """Columns about the terminal: how busy it is, and its frauds as far as reported."""
    history = History(terminal, second, fraud.astype(np.int64))
    reported = history.count_and_sum(MEMORY, REPORTED_AFTER)
    return {
        "terminal_count_24h": history.count_and_sum(DAY)[0],
        "terminal_fraud_share_30d": (reported[1] / np.maximum(reported[0], 1)).round(4),
    }
