"""What the benchmarks of serving make of what they see: failures, silence, growth."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from benchmarks.serving.kills import longest_silence, recovered
from benchmarks.serving.open_loop import Answered, Load, Run, calling, offer
from benchmarks.serving.soak import LOOKS, MOST_HANDLES, MOST_MIB, NAMES, Process, Soaked
from serving.bundle import Bundle
from tests.support.door import door, free_address, listening

BODY = b'{"instances":[{"a":1,"b":2}]}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
SHORT = b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nRetry-After: 1\r\n\r\nno"


@asynccontextmanager
async def saying(*answers: bytes) -> AsyncIterator[str]:
    """A server that gives these answers in turn; an empty one is a connection that is closed."""
    left = list(answers)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while left and await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(len(BODY))
            answer = left.pop(0)
            if not answer:
                break
            writer.write(answer)
        writer.close()

    async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def asked(url: str, times: int) -> list[Answered]:
    async def ask() -> list[Answered]:
        with calling(url, BODY) as caller:
            return [await caller.ask(0.0) for _ in range(times)]

    return asyncio.run(ask())


def told(*answers: bytes, times: int) -> list[tuple[int, bool, str]]:
    async def ask() -> list[Answered]:
        async with saying(*answers) as url:
            with calling(url, BODY) as caller:
                return [await caller.ask(0.0) for _ in range(times)]

    return [(one.status, one.retry, one.error) for one in asyncio.run(ask())]


def test_answers_of_known_length_and_in_chunks_are_read_to_their_end() -> None:
    found = told(CHUNKED, SHORT, CHUNKED, times=3)
    assert found == [(200, False, ""), (503, True, ""), (200, False, "")]


def test_a_connection_that_is_closed_when_it_is_used_again_is_no_failure_and_a_new_one_is() -> None:
    assert told(CHUNKED, b"", SHORT, times=2) == [(200, False, ""), (503, True, "")]
    assert told(b"", times=1) == [(0, False, "IncompleteReadError")]


def test_what_is_not_answered_is_counted_by_its_kind() -> None:
    found = Run(1.0, [*asked(f"{free_address()}/", 2), Answered(503, 1.0, 0.0)])
    assert found.failures == "2 x ConnectionRefusedError, 1 x status 503"


def test_load_comes_from_a_process_of_its_own_until_it_is_told_to_end(line: Bundle) -> None:
    answered = threading.Event()
    inside = door(line)

    async def noting(scope, receive, send) -> None:
        await inside(scope, receive, send)
        answered.set()

    with listening(noting) as url, Load(f"{url}/invocations", BODY, rate=5.0) as load:
        assert answered.wait(60)
    assert load.run.failures == "0"
    assert load.run.count(200) == len(load.run.answers) > 0


def test_a_load_that_cannot_go_on_is_raised_where_its_block_ends() -> None:
    with (
        pytest.raises(RuntimeError, match="ended before it was told to"),
        Load("http://127.0.0.1:x/", BODY, rate=1.0),
    ):
        pass


def test_what_is_offered_is_offered_whatever_becomes_of_it(line: Bundle) -> None:
    with listening(door(line)) as url:
        assert httpx.get(f"{url}/v2/health/live", timeout=60).is_success
        run = asyncio.run(offer(f"{url}/invocations", BODY, rate=100.0, seconds=0.1))
    assert (run.count(200), run.failed) == (10, [])


def met(*failed: float) -> Run:
    """A request each second for a minute, answered within 100 ms if it is answered."""
    answers = [
        Answered(0 if due in failed else 200, 100.0, float(due), error="gone") for due in range(60)
    ]
    return Run(1.0, answers)


def test_recovered_is_when_the_last_request_that_failed_was_due() -> None:
    assert recovered(10.5, met()) == "0"
    assert recovered(10.5, met(11, 12, 14)) == "3.5"
    assert recovered(10.5, met(11, 58)) == "not within 48"


def test_silence_is_the_longest_time_without_a_good_answer() -> None:
    assert longest_silence(10.5, met()) == pytest.approx(1.0)
    assert longest_silence(10.5, met(11, 12, 14)) == pytest.approx(2.6)
    assert longest_silence(59.5, met()) == float("inf")


def seen(name: str, mib: float = 0.0, handles: int = 0) -> Process:
    """Grown by so much between the middle third and the last."""
    steady = 2 * LOOKS // 3
    rest = LOOKS - steady
    return Process(name, [50.0] * steady + [50.0 + mib] * rest, [9] * steady + [9 + handles] * rest)


def test_a_soak_is_sound_if_nothing_was_wrong_and_nothing_grew() -> None:
    flat = [seen(name) for name in NAMES]
    assert Soaked(9, Counter(), flat).sound
    assert not Soaked(9, Counter({"503": 1}), flat).sound
    assert not Soaked(9, Counter(), flat[:1]).sound
    assert not Soaked(9, Counter(), [*flat, seen(NAMES[0], mib=MOST_MIB + 1)]).sound
    assert not Soaked(9, Counter(), [*flat, seen(NAMES[0], handles=MOST_HANDLES + 1)]).sound
