"""Two processes and a person write to one branch at once, on every adapter: nothing is lost."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops.errors import HeadMoved
from gitops.retry import until_won
from tests.contracts.changes import MESSAGE, proposal
from tests.support.forges import ADAPTERS, Hosted, Opener

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", __name__])
FEW, MANY, BY_HAND = 8, 200, 2


@pytest.fixture(params=ADAPTERS)
def adapter(request) -> str:
    return request.param


@pytest.fixture
def hosted(adapter: str, tmp_path: Path) -> Iterator[Hosted]:
    with ADAPTERS[adapter](tmp_path) as there:
        yield there


def commit_many(opened: Opener, ready, writer: int, count: int) -> None:
    """Add a line to the one file and a file of its own, again and again."""
    forge = opened()

    def append(number: int) -> str:
        head = forge.head()
        text = (forge.read("log", head) or "") + f"{writer} {number}\n"
        return forge.commit(head, {"log": text, f"by/{writer}/{number}": "x"}, MESSAGE)

    ready.wait()
    for number in range(count):
        until_won("append", lambda number=number: append(number), HeadMoved)


def propose_many(opened: Opener, ready, writer: int, count: int) -> None:
    forge = opened()
    ready.wait()
    for number in range(count):
        model = f"m{writer}-{number}"
        forge.open_promotion(proposal(model=model, changes={model: "x"}))


def at_once(work, hosted: Hosted, count: int, meanwhile=lambda: None) -> None:
    """Two processes begin in the same moment; every one must come to its end."""
    ready = CONTEXT.Barrier(3)
    arguments = [(hosted.opened, ready, writer, count) for writer in range(2)]
    writers = [CONTEXT.Process(target=work, args=one) for one in arguments]
    for writer in writers:
        writer.start()
    ready.wait()
    meanwhile()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]


def counts(few: int, many: int):
    return pytest.mark.parametrize("count", [few, pytest.param(many, marks=pytest.mark.e2e)])


@counts(FEW, MANY)
@pytest.mark.timeout(600)
def test_no_commit_is_lost_while_a_person_pushes(hosted, tmp_path, count):
    pushed = []

    def by_hand():
        while len(pushed) < BY_HAND:
            pushed.append(hosted.push_by_hand(tmp_path / "work", f"hand/{len(pushed)}", "x\n"))

    at_once(commit_many, hosted, count, by_hand)
    forge = hosted.opened()
    head = forge.head()
    lines = forge.read("log", head).splitlines()
    assert sorted(lines) == sorted(f"{w} {n}" for w in range(2) for n in range(count))
    assert len(forge.paths("by", head)) == 2 * count
    assert len(forge.paths("hand", head)) == len(pushed) == BY_HAND
    assert len(forge.history("log", head, 3 * count)) == 2 * count


@counts(FEW, MANY)
@pytest.mark.timeout(600)
def test_no_promotion_is_lost_and_none_shares_its_number(hosted, count):
    at_once(propose_many, hosted, count)
    found = hosted.opened().promotions("open")
    assert [promotion.number for promotion in found] == list(range(1, 2 * count + 1))
    assert len({promotion.model for promotion in found}) == 2 * count
