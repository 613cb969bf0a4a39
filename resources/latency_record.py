"""What a latency test saw, as a small file that the verdicts name as their evidence."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from resources.artifacts import Artifacts
from resources.errors import RecordUnreadable
from resources.histogram import Histogram, histogram_from
from resources.latency import Measurement
from resources.load import LoadReport

KIND = "latency"
NAME = "latency.json"
_POINTS = 60
_KEY_DIGITS = 24


@dataclass(frozen=True)
class Side:
    """One version under load.

    `throughput` is in answers per second; `timeline` are stretches of the test in order: the second
    at which each begins, its median and its longest latency in ms, infinite without an answer.
    """

    requests: int
    errors: int
    throughput: float
    histogram: Histogram
    timeline: tuple[tuple[float, float, float], ...]

    @classmethod
    def of(cls, report: LoadReport) -> "Side":
        parts = np.array_split(report.latencies_ms, min(_POINTS, report.requests))
        starts = np.cumsum([0, *map(len, parts[:-1])]) / report.rate
        timeline = tuple(
            (float(start), float(np.percentile(part, 50, method="lower")), float(part.max()))
            for start, part in zip(starts, parts, strict=True)
        )
        histogram = Histogram.of(report.latencies_ms)
        return cls(report.requests, report.errors, report.throughput, histogram, timeline)

    def told(self) -> dict[str, Any]:
        line = [[one if math.isfinite(one) else None for one in row] for row in self.timeline]
        return {**self.__dict__, "histogram": self.histogram.told(), "timeline": line}

    @classmethod
    def from_told(cls, told: dict[str, Any]) -> "Side":
        timeline = tuple(
            tuple(math.inf if one is None else float(one) for one in row)
            for row in told["timeline"]
        )
        return cls(**{**told, "histogram": histogram_from(told["histogram"]), "timeline": timeline})


@dataclass(frozen=True)
class LatencyRecord:
    """A test of the bundle `digest` at `rate` requests a second.

    `beside` is the version called `version`, asked in turn.
    `memory` is what each replica that could be asked held afterwards, in bytes by its id.
    """

    digest: str
    rate: float
    mine: Side
    beside: Side | None
    version: str
    memory: dict[str, float]

    @classmethod
    def of(cls, digest: str, measured: Measurement, memory: dict[str, float]) -> "LatencyRecord":
        other = measured.report_beside
        beside = Side.of(other) if other else None
        report = measured.report
        return cls(digest, report.rate, Side.of(report), beside, measured.version, memory)

    def kept(self, artifacts: Artifacts, model: str) -> str:
        """Store it, and return the address of the file."""
        told = {**self.__dict__, "mine": self.mine.told()}
        told["beside"] = self.beside.told() if self.beside else None
        content = json.dumps(told, sort_keys=True, allow_nan=False).encode()
        key = hashlib.sha256(content).hexdigest()[:_KEY_DIGITS]
        return (artifacts.publish(KIND, model, key, {NAME: content}) / NAME).as_uri()


def record_at(address: str) -> LatencyRecord | None:
    """What is kept at an address; None if it is nowhere on this machine.

    RecordUnreadable for a file that holds something else, such as a record of another version.
    """
    path = Path(unquote(urlsplit(address).path))
    if not address.startswith("file://") or not path.is_file():
        return None
    try:
        return _from_told(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError) as error:
        raise RecordUnreadable(path, f"{type(error).__name__}: {error}") from error


def _from_told(told: dict[str, Any]) -> LatencyRecord:
    beside = told["beside"]
    sides = {
        "mine": Side.from_told(told["mine"]),
        "beside": Side.from_told(beside) if beside else None,
    }
    return LatencyRecord(**{**told, **sides})
