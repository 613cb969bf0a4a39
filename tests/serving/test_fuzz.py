"""Inputs that nobody means to send never get a 5xx; `make fuzz` sends many more."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.fuzz import damaged
from benchmarks.fuzz.damaged import MOST_HANDLES, MOST_MIB, Stood
from benchmarks.fuzz.parsers import PARSERS, attacked, inputs, stands
from serving.errors import InvalidInput
from tests.support.bundles import TRANSACTIONS


def test_damaged_requests_are_answered_or_refused(tmp_path: Path) -> None:
    stood = asyncio.run(damaged.attack(1_000, tmp_path))
    assert (stood.told.total(), stood.faults, set(stood.afterwards)) == (1_000, [], {200})


@pytest.mark.parametrize("name", PARSERS)
def test_parsers_return_or_say_what_is_wrong_and_nothing_else(name: str) -> None:
    assert attacked(PARSERS[name], TRANSACTIONS, inputs(TRANSACTIONS)[name], examples=50)


def test_a_parser_that_raises_anything_else_is_found() -> None:
    def of_another_kind(*_: object) -> None:
        raise KeyError("rows")

    def by_the_server(*_: object) -> None:
        error = InvalidInput(None, None, "nothing", "anything")
        error.status = 500
        raise error

    with pytest.raises(KeyError):
        stands(of_another_kind, TRANSACTIONS, b"")
    with pytest.raises(AssertionError, match="500 for what the caller sent"):
        stands(by_the_server, TRANSACTIONS, b"")


def test_growth_in_the_second_half_is_a_problem_and_in_the_first_is_not() -> None:
    flat = Stood(mib=[1.0, 90.0, 90.0, 91.0], handles=[1, 90, 90, 90])
    flat.afterwards[200] = 3
    assert flat.problems == []
    leaking = Stood(mib=[1.0, 1.0, 1.0, 2.0 + MOST_MIB], handles=[1, 1, 1, 2 + MOST_HANDLES])
    leaking.afterwards[500] = 1
    assert [one.split()[0] for one in leaking.problems] == ["memory", "9", "good"]
