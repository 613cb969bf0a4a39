"""Open-loop load: each request is sent when it is due, whether or not earlier ones were answered.

Latency counts from the moment a request was due, so an endpoint that stalls cannot hide what
callers would have waited meanwhile (coordinated omission, see Gil Tene, "How NOT to measure
latency").
"""

import math
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import MappingProxyType
from typing import Self
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from resources.errors import EndpointError
from resources.inference import probe_id

WARM_UP = 20
TIMEOUT_SECONDS = 5.0
THREADS = 64
# Servers close idle connections after seconds (uvicorn: 5), and a request sent just then is lost.
_IDLE_SECONDS = 1.0
_GRACE_SECONDS = 0.5
_ANSWERED, _NOT_SENT = "answered", "not sent in time"
_SUCCESS = range(200, 300)
_HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, eq=False)
class LoadReport:
    """What `requests` requests at `rate` per second over `seconds` met.

    `latencies_ms` has shape (requests,), in the order in which they were due, from due to the
    last byte of the answer; infinite where no whole answer came in time. `errors` counts these
    and answers other than 2xx; `failures` says how often each kind of them was met.
    """

    rate: float
    seconds: float
    requests: int
    errors: int
    latencies_ms: npt.NDArray[np.float64]
    failures: Mapping[str, int] = field(default_factory=dict)

    def percentile(self, q: float) -> float:
        """The latency in ms that `q` percent of all requests kept (nearest rank, 0 < q ≤ 100)."""
        rank = max(1, math.ceil(q * self.requests / 100))
        return float(np.sort(self.latencies_ms)[rank - 1])

    @property
    def p50(self) -> float:
        return self.percentile(50)

    @property
    def p99(self) -> float:
        return self.percentile(99)

    @property
    def throughput(self) -> float:
        """Answers with 2xx per second, until the last one came."""
        ends = np.arange(self.requests) / self.rate + self.latencies_ms / 1000
        elapsed = max(self.seconds, float(ends[np.isfinite(ends)].max(initial=0.0)))
        return (self.requests - self.errors) / elapsed

    @property
    def error_rate(self) -> float:
        """Share of all requests, 0 to 1."""
        return self.errors / self.requests

    @classmethod
    def joined(cls, reports: Sequence["LoadReport"]) -> "LoadReport":
        """Several runs at one rate as if they were one."""
        failures = sum((Counter(one.failures) for one in reports), Counter[str]())
        return cls(
            rate=reports[0].rate,
            seconds=sum(one.seconds for one in reports),
            requests=sum(one.requests for one in reports),
            errors=sum(one.errors for one in reports),
            latencies_ms=np.concatenate([one.latencies_ms for one in reports]),
            failures=dict(failures.most_common()),
        )


def run_load(
    url: str,
    bodies: Sequence[bytes],
    rate: float,
    seconds: float,
    *,
    warm_up: int = WARM_UP,
    timeout: float = TIMEOUT_SECONDS,
    threads: int = THREADS,
    headers: Mapping[str, str] = MappingProxyType({}),
    tls: ssl.SSLContext | None = None,
) -> LoadReport:
    """POST `bodies` in turn to `url`, `rate` a second for `seconds`, over kept-alive connections.

    `warm_up` requests go first, one after the other, and are not counted; they too are over
    after `timeout`. `headers` go with each, and an id that tells it from requests of callers.
    Each request fails `timeout` seconds after it was due, so the run ends soon after
    `seconds + timeout`. At most `threads` are under way at once; one that waits for its turn is
    late all the same.

    Raises
    ------
    EndpointError
        For an address that is not http:// or https://, without any body, or without a rate.
    """
    _require_load(url, bodies, rate, seconds)
    with Target(url, bodies, timeout=timeout, threads=threads, headers=headers, tls=tls) as target:
        target.warm_up(warm_up)
        return target.run(rate, max(1, round(rate * seconds)))


class Target:
    """One address under load; its connections are kept from run to run.

    Parameters and errors are those of `run_load`.
    """

    def __init__(
        self,
        url: str,
        bodies: Sequence[bytes],
        *,
        timeout: float = TIMEOUT_SECONDS,
        threads: int = THREADS,
        headers: Mapping[str, str] = MappingProxyType({}),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._door = _Door(url, timeout, headers, tls)
        self._url, self._bodies, self._threads = url, bodies, threads

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def warm_up(self, requests: int = WARM_UP) -> None:
        """Send some one after the other; nothing of them is counted."""
        _Load(self._door, self._bodies, math.inf, requests).run(threads=1)

    def run(self, rate: float, requests: int) -> LoadReport:
        """Send so many, `rate` a second, and wait for their answers."""
        _require_load(self._url, self._bodies, rate, requests / rate if rate else 0.0)
        load = _Load(self._door, self._bodies, rate, requests)
        load.run(self._threads)
        return load.report()


def _require_load(url: str, bodies: Sequence[bytes], rate: float, seconds: float) -> None:
    if not bodies or not rate > 0 or not seconds > 0:
        raise EndpointError(
            f"load on {url!r}: got {len(bodies)} bodies at {rate:g}/s for {seconds:g} s, "
            "expected at least one body and figures above 0"
        )


class _Load:
    """Threads that take turns: the one whose turn it is sleeps until the next request is due."""

    def __init__(self, door: "_Door", bodies: Sequence[bytes], rate: float, requests: int) -> None:
        self._door, self._bodies, self._rate, self._requests = door, bodies, rate, requests
        self._latencies_ms = np.full(requests, np.inf)
        self._outcomes = [_NOT_SENT] * requests
        self._turn = threading.Lock()
        self._numbers = iter(range(requests))
        self._start = 0.0

    def run(self, threads: int) -> None:
        workers = [
            threading.Thread(target=self._work, name=f"load-{number}", daemon=True)
            for number in range(min(threads, self._requests))
        ]
        with self._turn:
            for worker in workers:
                worker.start()
            self._start = time.perf_counter()
        end = self._start + self._requests / self._rate + self._door.timeout + _GRACE_SECONDS
        for worker in workers:
            worker.join(max(0.0, end - time.perf_counter()))
        self._door.interrupt()
        for worker in workers:
            worker.join()

    def report(self) -> LoadReport:
        failures = Counter(outcome for outcome in self._outcomes if outcome != _ANSWERED)
        return LoadReport(
            rate=self._rate,
            seconds=self._requests / self._rate,
            requests=self._requests,
            errors=failures.total(),
            latencies_ms=self._latencies_ms,
            failures=dict(failures.most_common()),
        )

    def _work(self) -> None:
        while True:
            with self._turn:
                number = next(self._numbers, None)
                if number is None:
                    return
                due = self._start + number / self._rate
                time.sleep(max(0.0, due - time.perf_counter()))
            self._outcomes[number], answered = self._door.post(self._body(number), due)
            self._latencies_ms[number] = (answered - due) * 1000

    def _body(self, number: int) -> bytes:
        return self._bodies[number % len(self._bodies)]


class _Door:
    """Kept-alive connections to one address, the one used last first."""

    def __init__(
        self, url: str, timeout: float, headers: Mapping[str, str], tls: ssl.SSLContext | None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise EndpointError(f"load: got address {url!r}, expected http://host:port/path")
        secure = partial(HTTPSConnection, context=tls)
        self._make: Callable[[str], HTTPConnection]
        self._make = secure if parts.scheme == "https" else HTTPConnection
        self._host, self._path = parts.netloc, parts.path
        self.timeout, self._headers = timeout, {**_HEADERS, **headers}
        self._idle: list[tuple[HTTPConnection, float]] = []
        self._busy: set[HTTPConnection] = set()

    def post(self, body: bytes, due: float) -> tuple[str, float]:
        """Returns how it went and when the answer was complete (infinite: there was none)."""
        left = due + self.timeout - time.perf_counter()
        if left <= 0:
            return _NOT_SENT, math.inf
        connection = self._take()
        outcome, whole = self._exchange(connection, body, left)
        answered = time.perf_counter()
        self._busy.discard(connection)
        self._idle.append((connection, answered))
        if answered > due + self.timeout:
            return f"no answer within {self.timeout:g} s", math.inf
        return outcome, answered if whole else math.inf

    def interrupt(self) -> None:
        """Let every exchange under way fail."""
        for connection in tuple(self._busy):
            if connection.sock:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for connection, _ in self._idle:
            connection.close()

    def _take(self) -> HTTPConnection:
        connection, used = self._idle.pop() if self._idle else (self._make(self._host), 0.0)
        if time.perf_counter() - used > _IDLE_SECONDS:
            connection.close()
        self._busy.add(connection)
        return connection

    def _exchange(
        self, connection: HTTPConnection, body: bytes, timeout: float
    ) -> tuple[str, bool]:
        """Returns how it went and whether there was a whole answer."""
        connection.timeout = timeout
        try:
            if connection.sock:
                connection.sock.settimeout(timeout)
            named = {**self._headers, "x-request-id": probe_id()}
            connection.request("POST", self._path, body, named)
            answer = connection.getresponse()
            answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            return getattr(error, "strerror", None) or type(error).__name__, False
        return (_ANSWERED if answer.status in _SUCCESS else f"status {answer.status}"), True
