"""Points for check results: decided from what ran when, by whom and with which result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from platform_assets.watch.rubric.breck import SECTIONS, TESTS, Proof, RubricTest, Section

BY_HAND = 0.5
State: TypeAlias = Literal["passed", "failed", "not run"]


@dataclass(frozen=True)
class Ran:
    """The newest result of a check.

    `by_hand`: a person started the run. `judged` is false where the check had nothing to look at,
    which proves nothing.
    """

    asset: str
    check: str
    at: datetime
    passed: bool
    by_hand: bool = False
    judged: bool = True


@dataclass(frozen=True)
class Judged:
    """The points of a test for being run, its state, and the sentence that says why not more."""

    test: RubricTest
    points: float
    state: State
    why: str = ""

    @property
    def passing(self) -> float:
        """Its points where it passed."""
        return self.points if self.state == "passed" else 0.0


@dataclass(frozen=True)
class Sum:
    """Of the seven of a section: points for what is run, and for what is run and passed."""

    section: Section
    run: float
    passing: float


@dataclass(frozen=True)
class Score:
    """All tests, and the score: the least of the four sums of what is run and passed."""

    tests: tuple[Judged, ...]

    @property
    def sums(self) -> tuple[Sum, ...]:
        found = {name: [one for one in self.tests if one.test.section == name] for name in SECTIONS}
        return tuple(
            Sum(name, sum(one.points for one in tests), sum(one.passing for one in tests))
            for name, tests in found.items()
        )

    @property
    def value(self) -> float:
        return min(one.passing for one in self.sums)

    @property
    def coverage(self) -> float:
        """The same whatever the checks found."""
        return min(one.run for one in self.sums)


def score(ran: Iterable[Ran], now: datetime, known: Iterable[tuple[str, str]]) -> Score:
    """The score at a time; `known` are all (asset, check) there are, also those that never ran."""
    seen = {(one.asset, one.check): one for one in ran}
    results = {name: seen.get(name) for name in known}
    return Score(tuple(judge(test, results, now) for test in TESTS))


def judge(test: RubricTest, results: Mapping[tuple[str, str], Ran | None], now: datetime) -> Judged:
    """One test: each proof must be there, and all its checks must have run within the period."""
    full = _proven(test.proofs, results, now, test.days)
    if isinstance(full, _Proven):
        points = min(test.most, BY_HAND if full.by_hand else 1.0)
        return Judged(test, points, full.state, "; ".join(_said(full, test)))
    part = _proven(test.partly, results, now, test.days) if test.partly else full
    if isinstance(part, _Proven):
        return Judged(test, BY_HAND, part.state, "; ".join([full, *_said(part, test)]))
    return Judged(test, 0.0, "not run", full)


def _proven(
    proofs: Sequence[Proof],
    results: Mapping[tuple[str, str], Ran | None],
    now: datetime,
    days: int,
) -> "_Proven | str":
    """What the checks of all proofs came to; a sentence if one of them proves nothing."""
    found: list[Ran] = []
    for proof in proofs:
        names = [name for name in results if proof.covers(*name)]
        if not names:
            return f"there is no check {proof}"
        for asset, check in names:
            ran = results[asset, check]
            lacking = _lacking(ran, now, days)
            if ran is None or lacking:
                return f"{asset}.{check} {lacking}"
            found.append(ran)
    failed = tuple(f"{one.asset}.{one.check}" for one in found if not one.passed)
    return _Proven(any(one.by_hand for one in found), failed)


def _lacking(ran: Ran | None, now: datetime, days: int) -> str:
    if ran is None:
        return "never ran"
    if now - ran.at > timedelta(days=days):
        return f"did not run in the last {days} days"
    return "" if ran.judged else "had nothing to judge"


def _said(proven: "_Proven", test: RubricTest) -> list[str]:
    failed = f"failed: {', '.join(proven.failed)}" if proven.failed else ""
    by_hand = "run by hand" if proven.by_hand else ""
    return [part for part in (failed, by_hand, test.reason) if part]


@dataclass(frozen=True)
class _Proven:
    by_hand: bool
    failed: tuple[str, ...]

    @property
    def state(self) -> State:
        return "failed" if self.failed else "passed"
