"""Rounds of load end as soon as they tell, and after a bounded number in any case."""

import numpy as np
import pytest

from gitops.budget import LatencyBudget
from resources.errors import EndpointError
from resources.latency import Measurement, judge
from resources.latency_test import (
    LONGEST_EXTRA_SECONDS,
    ROUNDS,
    latency_test,
    measure_in_turn,
    slices,
)
from resources.load import LoadReport, Target
from tests.support.door import answer, listening

BUDGET = LatencyBudget(rate=50, seconds=5, p50_ms=40, p95_ms=40, p99_ms=40)
FAST, SLOW, UNSURE = np.full(250, 5.0), np.full(250, 90.0), np.full(250, 5.0)
UNSURE[[20, 120, 220]] = 90.0


class Rounds:
    """Gives these measurements in turn, the last of them for ever."""

    def __init__(self, *latencies, beside=None, errors=0):
        self.left, self.beside, self.errors = list(latencies), beside, errors
        self.asked = []

    def __call__(self, seconds):
        self.asked.append(seconds)
        mine = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        others = () if self.beside is None else (report(self.beside),)
        return Measurement((report(mine, self.errors),), others, "3" if others else "")


def report(latencies, errors=0):
    failures = {"status 500": errors} if errors else {}
    return LoadReport(50, len(latencies) / 50, len(latencies), errors, latencies, failures)


def play(rounds, budget=BUDGET):
    found = latency_test(budget, 2.0, rounds)
    return {one.check: one for one in found.verdicts}, len(rounds.asked)


def test_one_round_is_enough_where_it_tells():
    verdicts, rounds = play(Rounds(FAST))
    assert all(one.passed for one in verdicts.values())
    assert rounds == 1


def test_a_round_that_does_not_tell_is_followed_by_more_that_count_with_it():
    verdicts, rounds = play(Rounds(UNSURE, FAST))
    assert verdicts["latency_p99"].passed
    assert 1 < rounds <= ROUNDS
    assert f"{250 * rounds} requests" in verdicts["latency_p99"].message


def test_what_never_tells_is_inconclusive_after_two_bounded_attempts():
    verdicts, rounds = play(Rounds(UNSURE))
    assert (verdicts["latency_p99"].outcome, rounds) == ("inconclusive", 2 * ROUNDS)
    assert verdicts["latency_p99"].message.endswith(", the second time")
    assert not verdicts["latency_p99"].passed


def test_a_failure_alone_is_measured_again_and_a_busy_moment_is_forgotten():
    verdicts, rounds = play(Rounds(SLOW, FAST))
    assert all(one.passed for one in verdicts.values())
    assert rounds == 2


def test_a_failure_alone_counts_the_second_time():
    verdicts, rounds = play(Rounds(SLOW))
    assert (verdicts["latency_p50"].outcome, rounds) == ("fail", 2)


def test_a_failure_beside_a_version_that_is_fast_counts_at_once():
    verdicts, rounds = play(Rounds(SLOW, beside=FAST))
    assert (verdicts["latency_beside"].outcome, rounds) == ("fail", 1)


def test_a_machine_that_is_slow_for_both_is_asked_again_and_never_called_fast():
    verdicts, rounds = play(Rounds(SLOW, beside=SLOW))
    assert (verdicts["latency_p99"].outcome, rounds) == ("inconclusive", 2 * ROUNDS)


def test_an_endpoint_that_fails_requests_gets_no_second_chance():
    verdicts, rounds = play(Rounds(SLOW, errors=9))
    assert (verdicts["error_rate"].outcome, rounds) == ("fail", 1)


def test_further_rounds_of_a_long_test_are_short():
    long = LatencyBudget(rate=50, seconds=300, p50_ms=40, p95_ms=40, p99_ms=40)
    rounds = Rounds(UNSURE)
    play(rounds, long)
    assert rounds.asked == [300, *[LONGEST_EXTRA_SECONDS] * 2] * 2


@pytest.mark.parametrize(
    ("requests", "seconds", "sizes"),
    [(250, 5, [25] * 10), (30, 0.3, [5] * 6), (3, 5, [1, 1, 1]), (8, 0.1, [2, 2, 1, 1, 1, 1])],
)
def test_slices_hold_all_requests_and_none_is_empty(requests, seconds, sizes):
    assert slices(requests, seconds) == sizes


class Paths:
    """Keeps which path was asked; `missing` ones are not there."""

    def __init__(self, missing=()):
        self.asked, self.missing = [], missing

    async def __call__(self, scope, receive, send):
        await receive()
        self.asked.append(scope["path"])
        await answer(send, 404 if scope["path"] in self.missing else 200)


def in_turn(application, **options):
    with (
        listening(application) as address,
        Target(f"{address}/new", [b"{}"], timeout=60) as new,
        Target(f"{address}/old", [b"{}"], timeout=60) as old,
    ):
        return measure_in_turn(100, 0.12, new, old, "3", **options)


def test_slices_of_both_take_turns_and_neither_is_always_first():
    paths = Paths()
    measured = in_turn(paths)
    new, old = ["/new"] * 2, ["/old"] * 2
    assert paths.asked == [*new, *old, *old, *new] * 3
    assert (len(measured.mine), len(measured.beside), measured.version) == (6, 6, "3")
    assert measured.report.requests == 12


def test_a_version_that_not_every_replica_has_is_left_out():
    measured = in_turn(Paths(missing=("/old",)))
    assert (len(measured.mine), measured.beside, measured.version) == (6, (), "")


class Hanging(Paths):
    """Answers `/new` only once the caller has gone."""

    async def __call__(self, scope, receive, send):
        if scope["path"] == "/new":
            await receive()
            while (await receive())["type"] != "http.disconnect":
                continue
        else:
            await super().__call__(scope, receive, send)


def test_a_version_that_hangs_is_given_up_after_a_slice_beside_one_that_answers():
    """Each of its slices took as long as an answer may: together two minutes."""
    with (
        listening(Hanging()) as address,
        Target(f"{address}/new", [b"{}"], timeout=1) as new,
        Target(f"{address}/old", [b"{}"], timeout=60) as old,
    ):
        measured = measure_in_turn(100, 0.12, new, old, "3")
    assert (len(measured.mine), len(measured.beside)) == (1, 1)
    verdicts = {one.check: one.outcome for one in judge(BUDGET, measured)}
    assert (verdicts["error_rate"], verdicts["latency_beside"]) == ("fail", "fail")


def test_nothing_beside_it_means_one_run():
    with listening(Paths()) as address, Target(f"{address}/new", [b"{}"], timeout=60) as new:
        measured = measure_in_turn(100, 0.1, new, None)
    assert (len(measured.mine), measured.beside) == (1, ())


def test_a_run_without_a_rate_is_refused():
    with (
        Target("http://127.0.0.1:41200/x", [b"{}"]) as target,
        pytest.raises(EndpointError, match="figures above 0"),
    ):
        target.run(0, 5)
