"""Open-loop load over as many connections as it takes: each request leaves when it is due."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

PATIENCE_SECONDS = 30.0
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answered:
    """`status` 0 is no answer; `retry` whether it says when to come back."""

    status: int
    milliseconds: float
    retry: bool = False


@dataclass(frozen=True)
class Run:
    """What `rate` requests a second met."""

    rate: float
    seconds: float
    answers: list[Answered]

    def count(self, status: int) -> int:
        return sum(one.status == status for one in self.answers)

    def percentile(self, q: float, status: int) -> float:
        """Milliseconds from when a request was due to its answer; NaN without such answers."""
        took = [one.milliseconds for one in self.answers if one.status == status]
        return float(np.percentile(took, q)) if took else float("nan")


async def offer(url: str, body: bytes, rate: float, seconds: float) -> Run:
    """POST `body` as JSON to `url`."""
    caller = _Caller(url, body)
    start = time.perf_counter()
    asked = []
    for number in range(round(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asked.append(asyncio.create_task(caller.ask(due)))
    answers = await asyncio.gather(*asked)
    caller.close()
    return Run(rate, seconds, list(answers))


class _Caller:
    def __init__(self, url: str, body: bytes) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname, parts.port
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._request = (head + kind).encode() + body
        self._idle: deque[Connection] = deque()

    async def ask(self, due: float) -> Answered:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                connection = self._idle.pop() if self._idle else await self._open()
                status, retry = await self._exchange(*connection)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            return Answered(0, (time.perf_counter() - due) * 1000)
        self._idle.append(connection)
        return Answered(status, (time.perf_counter() - due) * 1000, retry)

    async def _open(self) -> Connection:
        return await asyncio.open_connection(*self._address)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, bool]:
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        return int(head.split(None, 2)[1]), b"\r\nretry-after:" in head

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()
