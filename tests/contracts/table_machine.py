"""Inserts, slow transactions, updates, pulls and crashes in any order: each row version lands once.

`at` is the time at which a transaction wrote, not the one at which others see it, as with
`updated_at = now()`. None of them takes longer than the lag.
"""

from collections.abc import Callable

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from platform_assets.data import intake
from tests.support.stores import Open, Shop, at, flat

LAG = 60
PASSED = st.integers(0, LAG)
ROWS = st.integers(1, 5)


class TableMachine(RuleBasedStateMachine):
    """`present` holds the version of each row that others see, `versions` all there ever were."""

    def __init__(self, make: Callable[[], Shop]) -> None:
        super().__init__()
        self.shop = make()
        self.now = 0
        self.numbers = 0
        self.present: dict[int, int] = {}
        self.versions: set[int] = set()
        self.waiting: list[tuple[int, int, Open]] = []

    @rule(seconds=PASSED)
    def insert(self, seconds):
        number = self._next(seconds)
        self.shop.order(number, at(self.now), number)
        self._seen(number, number)

    @rule(seconds=PASSED, data=st.data())
    @precondition(lambda self: self.present)
    def update(self, seconds, data):
        row = data.draw(st.sampled_from(sorted(self.present)))
        version = self._next(seconds)
        change = "update orders set amount = ?, at = ? where id = ?"
        self.shop.do(change, version, at(self.now), row)
        self._seen(row, version)

    @rule(seconds=PASSED)
    def begin_slowly(self, seconds):
        number = self._next(seconds)
        self.waiting.append((number, self.now, self.shop.begin_order(number, at(self.now), number)))

    @rule(data=st.data(), whole=st.booleans())
    @precondition(lambda self: self.waiting)
    def end_slowly(self, data, whole):
        place = data.draw(st.integers(0, len(self.waiting) - 1))
        number, _, transaction = self.waiting.pop(place)
        if whole:
            transaction.commit()
            self._seen(number, number)
        else:
            transaction.rollback()

    @rule(rows=ROWS, end=st.sampled_from(["well", "before landing", "before the ledger"]))
    def pull(self, rows, end):
        """Wholly, or until the process dies."""
        if end == "well":
            self.shop.pull(lag=LAG, batch_rows=rows)
            return
        source, found = self._read(rows)
        if end == "before the ledger":
            self._land(source, found)

    @rule(rows=ROWS, data=st.data())
    def pull_twice_at_once(self, rows, data):
        source, found = self._read(rows)
        self.insert(data.draw(PASSED))
        if self.waiting:
            self.end_slowly(data, whole=True)
        if self.shop.pull(lag=LAG, batch_rows=rows).entries:
            assert self._land(source, found) == []

    @rule(rows=ROWS)
    def pull_until_nothing_is_left(self, rows):
        self.shop.pull_all(lag=LAG, batch_rows=rows)
        assert set(self.present.values()) <= set(self._taken())

    @invariant()
    def every_version_that_was_taken_is_there_once_and_was_seen(self):
        taken = self._taken()
        assert len(taken) == len(set(taken))
        assert set(taken) <= self.versions

    def teardown(self):
        for number, _, transaction in self.waiting:
            transaction.commit()
            self._seen(number, number)
        self.pull_until_nothing_is_left(rows=5)
        self.every_version_that_was_taken_is_there_once_and_was_seen()

    def _read(self, rows):
        source = self.shop.source(lag=LAG, batch_rows=rows)
        return source, list(intake._digests(source, source.listing().finished, print))

    def _land(self, source, found):
        return intake._land(self.shop.lake, "shop/raw", source, found, print)[1]

    def _next(self, seconds: int) -> int:
        """A new number, some time later: no transaction is open for longer than the lag."""
        oldest = min((began for _, began, _ in self.waiting), default=self.now)
        self.now = min(self.now + seconds, oldest + LAG)
        self.numbers += 1
        return self.numbers

    def _seen(self, row: int, version: int) -> None:
        self.present[row] = version
        self.versions.add(version)

    def _taken(self) -> list[int]:
        return [int(row[2] or 0) for row in flat(self.shop.taken())]


def play(make: Callable[[], Shop]) -> None:
    """Some courses of events. What is found is not made smaller: that would take minutes."""
    few = settings(max_examples=12, stateful_step_count=20, phases=[Phase.reuse, Phase.generate])
    run_state_machine_as_test(lambda: TableMachine(make), settings=few)
