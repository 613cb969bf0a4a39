"""Open-loop load over as many connections as it takes: each request leaves when it is due."""

import asyncio
import multiprocessing
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from typing import Self
from urllib.parse import urlsplit

import numpy as np

PATIENCE_SECONDS = 30.0
OK = 200
CALLERS = 16
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answered:
    """Due at `due` by `time.perf_counter`, whole so many milliseconds later.

    `status` 0 is no answer, `error` then the reason; `retry` whether it says when to come back.
    """

    status: int
    milliseconds: float
    due: float
    retry: bool = False
    error: str = ""


@dataclass(frozen=True)
class Run:
    """What `rate` requests a second met."""

    rate: float
    answers: Sequence[Answered]

    def count(self, status: int) -> int:
        return sum(one.status == status for one in self.answers)

    def percentile(self, q: float, status: int) -> float:
        """Milliseconds from when a request was due to its answer; NaN without such answers."""
        took = [one.milliseconds for one in self.answers if one.status == status]
        return float(np.percentile(took, q)) if took else float("nan")

    @property
    def failed(self) -> list[Answered]:
        return [one for one in self.answers if one.status != OK]

    @property
    def failures(self) -> str:
        """How many of what kind, `0` if there are none."""
        kinds = Counter(one.error or f"status {one.status}" for one in self.failed)
        return ", ".join(f"{many} x {kind}" for kind, many in kinds.most_common()) or "0"


async def offer(url: str, body: bytes, rate: float, seconds: float) -> Run:
    """POST `body` as JSON to `url`."""
    total = round(rate * seconds)
    return Run(rate, await _offered(url, body, rate, lambda number: number >= total))


async def capacity(url: str, body: bytes, seconds: float) -> float:
    """Answers a second to callers who each ask again as soon as they have one."""
    runs = await asyncio.gather(*(_asked_in_turn(url, body, seconds) for _ in range(CALLERS)))
    return sum(runs) / seconds


class Load:
    """The same until the block ends, in a process of its own: what goes on in this one delays none.

    `run` is what it met, once the block has ended; what goes wrong in the process is raised there.
    """

    def __init__(self, url: str, body: bytes, rate: float) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._told, self._theirs = spawning.Pipe()
        words = (self._theirs, url, body, rate)
        self._process = spawning.Process(target=_work, args=words, daemon=True)
        self._rate = rate
        self.run = Run(rate, [])

    def __enter__(self) -> Self:
        self._process.start()
        self._theirs.close()
        self._told.recv()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.run = Run(self._rate, self._answers())
        finally:
            self._process.kill()
            self._process.join()

    def _answers(self) -> list[Answered]:
        # One that has ended already does not hear it, but has said why.
        with suppress(BrokenPipeError):
            self._told.send(None)
        found: list[Answered]
        found, wrong = self._told.recv()
        if wrong is not None:
            raise RuntimeError("the load ended before it was told to") from wrong
        return found


def _work(pipe: Connection, url: str, body: bytes, rate: float) -> None:
    """Say that it begins, and when something is heard send what it met."""
    pipe.send(None)
    try:
        found = asyncio.run(_offered(url, body, rate, lambda _: pipe.poll()))
    except Exception as error:  # noqa: BLE001  it is raised where the block ends
        pipe.send(([], error))
    else:
        pipe.send((found, None))


async def _offered(
    url: str, body: bytes, rate: float, ended: Callable[[int], bool]
) -> list[Answered]:
    """`ended` is asked before each request, which are counted from 0."""
    answers: list[Answered] = []
    with calling(url, body) as caller:
        start, under_way = time.perf_counter(), set[asyncio.Task[None]]()

        async def ask(due: float) -> None:
            answers.append(await caller.ask(due))

        for number in count():
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if ended(number):
                break
            task = asyncio.create_task(ask(due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
    return answers


async def _asked_in_turn(url: str, body: bytes, seconds: float) -> int:
    answered, end = 0, time.perf_counter() + seconds
    with calling(url, body) as caller:
        while (now := time.perf_counter()) < end:
            answered += (await caller.ask(now)).status == OK
    return answered


@contextmanager
def calling(url: str, body: bytes, media: str = "application/json") -> "Iterator[Caller]":
    """A caller whose connections are closed with the block."""
    caller = Caller(url, body, media)
    try:
        yield caller
    finally:
        caller.close()


class Caller:
    """Asks over connections that it keeps; a new one where none is idle."""

    def __init__(self, url: str, body: bytes, media: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname, parts.port
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        kind = f"Content-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._request = (head + kind).encode() + body
        self._idle: deque[Streams] = deque()

    async def ask(self, due: float) -> Answered:
        """Never raises for what the other side does: that is status 0."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                status, retry = await self._asked_again() or await self._asked_anew()
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
            return Answered(0, _since(due), due, error=type(error).__name__)
        return Answered(status, _since(due), due, retry)

    async def _asked_again(self) -> tuple[int, bool] | None:
        """By an idle connection; None without one, or if it was closed before it was answered.

        The other side may close one just when it is used; clients then ask by another.
        """
        kept = self._kept()
        if kept is None:
            return None
        try:
            return await self._exchange(*kept)
        except ConnectionError:
            return None
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            return None

    async def _asked_anew(self) -> tuple[int, bool]:
        return await self._exchange(*await asyncio.open_connection(*self._address))

    def _kept(self) -> Streams | None:
        """An idle connection that the other side has not closed."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, bool]:
        try:
            answer = await self._answer(reader, writer)
        except BaseException:
            writer.close()
            raise
        self._idle.append((reader, writer))
        return answer

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, bool]:
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        if length:
            await reader.readexactly(int(length))
        else:
            await _read_chunks(reader)
        return int(head.split(None, 2)[1]), b"\r\nretry-after:" in head

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


async def _read_chunks(reader: asyncio.StreamReader) -> None:
    """A body in chunks, as Serve's own proxy sends it; the last one is empty."""
    size = 1
    while size:
        size = int(await reader.readuntil(b"\r\n"), 16)
        await reader.readexactly(size + 2)


def _since(due: float) -> float:
    return (time.perf_counter() - due) * 1000
