"""What was answered, written down off the hot path: a bounded queue, one thread, whole files.

A file is JSON lines, gzipped. Its first line says who wrote it, which number it has among the
files of this writer (from 1, without a gap), what it holds and how many requests were dropped
since the file before; each further line is one request, with its features and scores by row. It
is renamed into place when it is whole, so whoever lands files of a writer in their order, and
keeps the last number, lands each exactly once.
"""

import gzip
import hashlib
import logging
import os
import secrets
import threading
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from serving.live import Live
from serving.signature import Array

FORMAT = 1
SUFFIX = ".jsonl.gz"
FLUSH_SECONDS = 5.0
FLUSH_REQUESTS = 4_096
FLUSH_BYTES = 8 << 20
MOST_REQUESTS = 65_536
MOST_BYTES = 64 << 20
_WHOLE = 2**64
# Below so many scores a list is written sooner than an array.
_FEW = 32
_LINE = b'{"request_id":%b,"time_us":%d,"latency_us":%d,"status":%d,%b,"scored":%b}'

logger = logging.getLogger(__name__)


class Scored(NamedTuple):
    """What was scored as JSON, made where it is still in the processor's cache, and its rows."""

    json: bytes
    rows: int


class Entry(NamedTuple):
    """One request: `time` in ns since 1970, `latency` in ns; what there was not is None."""

    request_id: str
    time: int
    latency: int
    status: int
    protocol: str
    live: Live | None
    scored: Scored | None = None


class _Line(NamedTuple):
    json: bytes
    rows: int
    live: Live | None


class PredictionLog:
    """The log of one model in one environment, written by this process.

    `add` never waits and never fails. A request that finds the queue full (MOST_REQUESTS, or
    MOST_BYTES) is dropped and counted, and so is one whose file cannot be written. A process
    that is killed loses what came within the last `flush_seconds`, or the last FLUSH_REQUESTS
    requests and what came while they were written, if these were sooner.
    """

    def __init__(
        self,
        folder: Path,
        model: str,
        environment: str,
        *,
        sample: float = 1.0,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self.folder = folder / environment / model
        self._named = {"format": FORMAT, "model": model, "environment": environment}
        self._writer = secrets.token_hex(8)
        self._sample, self._seconds = sample, flush_seconds
        self._queue: deque[_Line] = deque()
        # Each is counted up by one thread alone, so that none needs a lock.
        self._put = self._put_bytes = self._full = 0
        self._got = self._got_bytes = self._unwritten = self._written = 0
        self._sequence = self._told = 0
        self._problem = ""
        self._closed = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Requests that are in no file and never will be."""
        return self._full + self._unwritten

    @property
    def state(self) -> dict[str, Any]:
        """What `/v2/health/ready` says of the log."""
        return {
            "written": self._written,
            "waiting": self._put - self._got,
            "dropped": self.dropped,
            "problem": self._problem or None,
        }

    def scored(self, request_id: str, columns: Mapping[str, Any], scores: Array) -> Scored | None:
        """What `Signature.arrays` took and `Scorer.score` gave; None if it is not in the sample."""
        return scored(columns, scores) if self._wants(request_id) else None

    def add(self, entry: Entry) -> None:
        """Take one request in, if it is in the sample; to be called by one thread alone."""
        if not self._wants(entry.request_id):
            return
        waiting, size = self._put - self._got, self._put_bytes - self._got_bytes
        if self._closed or waiting >= MOST_REQUESTS or size >= MOST_BYTES:
            self._full += 1
            return
        line = _line(entry)
        self._put += 1
        self._put_bytes += len(line.json)
        self._queue.append(line)
        if waiting >= FLUSH_REQUESTS or size >= FLUSH_BYTES:
            self._wake.set()

    def _wants(self, request_id: str) -> bool:
        return self._sample >= 1 or sampled(request_id, self._sample)

    def close(self) -> None:
        """Write what waits, and take nothing more; again, it does nothing."""
        self._closed = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(self._seconds)
            self._wake.clear()
            self._flush()
        self._flush()

    def _flush(self) -> None:
        while batch := self._taken():
            try:
                self._write(batch)
            except OSError as error:
                self._unwritten += len(batch)
                self._say(f"{type(error).__name__}: {error}")
            else:
                self._written += len(batch)
                self._say("")

    def _taken(self) -> list[_Line]:
        batch: list[_Line] = []
        size = 0
        while self._queue and len(batch) < FLUSH_REQUESTS and size < FLUSH_BYTES:
            batch.append(self._queue.popleft())
            size += len(batch[-1].json)
        self._got += len(batch)
        self._got_bytes += size
        return batch

    def _write(self, batch: list[_Line]) -> None:
        dropped, sequence = self.dropped, self._sequence + 1
        head = {
            **self._named,
            "writer": self._writer,
            "sequence": sequence,
            "sample": self._sample,
            "dropped": dropped - self._told,
            **_contents(batch),
        }
        lines = b"\n".join((orjson.dumps(head), *(one.json for one in batch), b""))
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_whole(self.folder / f"{self._writer}-{sequence:08d}{SUFFIX}", lines)
        self._sequence, self._told = sequence, dropped

    def _say(self, problem: str) -> None:
        """Tell the process's own log when writing begins to fail, and when it works again."""
        if problem and not self._problem:
            logger.error("predictions are not logged to %s: %s", self.folder, problem)
        elif self._problem and not problem:
            logger.warning("predictions are logged again; %d were dropped", self.dropped)
        self._problem = problem


def sampled(request_id: str, share: float) -> bool:
    """Whether an id is in a sample of this share: the same id always is, or never."""
    digest = hashlib.blake2b(request_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * _WHOLE


def environment_of(application: str, model: str) -> str:
    """The environment that a Serve application is of: `staging-fraud` is fraud's in staging."""
    return "production" if application == model else application.removesuffix(f"-{model}")


def scored(columns: Mapping[str, Any], scores: Array) -> Scored:
    """Columns and scores by row as JSON; NaN, which stands for missing, becomes null."""
    few = len(scores) <= _FEW
    document = {"features": columns, "scores": scores.tolist() if few else scores}
    text = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY, default=_words)
    return Scored(text, len(scores))


def _words(cells: Array) -> list[Any]:
    """orjson writes arrays of numbers alone."""
    found: list[Any] = cells.tolist()
    return found


def _line(entry: Entry) -> _Line:
    # Half as long as to have all of it written from a dictionary.
    live, scored = entry.live, entry.scored
    text = _LINE % (
        orjson.dumps(entry.request_id),
        entry.time // 1000,
        entry.latency // 1000,
        entry.status,
        _named(entry.protocol, live and live.digest, live and live.version),
        scored.json if scored else b"null",
    )
    return _Line(text, scored.rows if scored else 1, live)


@lru_cache(maxsize=64)
def _named(protocol: str, digest: str | None, version: str | None) -> bytes:
    """What most requests have in common, as the middle of a JSON object."""
    document = {"protocol": protocol, "digest": digest, "version": version}
    return orjson.dumps(document).strip(b"{}")


def _contents(batch: list[_Line]) -> dict[str, Any]:
    """How much there is, and the signature of each bundle that answered."""
    bundles = {one.live.digest: one.live.bundle for one in batch if one.live is not None}
    return {
        "requests": len(batch),
        "rows": sum(one.rows for one in batch),
        "signatures": {
            digest: bundle.signature.model_dump(mode="json") for digest, bundle in bundles.items()
        },
    }


def _write_whole(path: Path, content: bytes) -> None:
    made = path.with_name(f".{path.name}.part")
    try:
        with made.open("wb") as file:
            file.write(gzip.compress(content, compresslevel=1, mtime=0))
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except OSError:
        made.unlink(missing_ok=True)
        raise
