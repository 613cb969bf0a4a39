"""Hands on, every few seconds, what a process counts to where the machine's numbers are scraped."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from prometheus_client.core import Metric

from serving.exposition import samples

EXPORT_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Gauge(Protocol):
    """`ray.util.metrics.Gauge`, as far as it is needed."""

    def set(self, value: float, tags: Mapping[str, str]) -> None: ...


MakeGauge = Callable[[str, str, tuple[str, ...]], Gauge]


class Exporter:
    """A thread that sets one gauge for each number; `make` makes one by name, text and labels.

    Each number is handed on as it stands, also one that only grows: Ray's counters and histograms
    take no more than one observation at a time.
    """

    def __init__(
        self,
        collect: Callable[[], Iterable[Metric]],
        make: MakeGauge,
        *,
        seconds: float = EXPORT_SECONDS,
    ) -> None:
        self._collect, self._make, self._seconds = collect, make, seconds
        self._gauges: dict[str, Gauge] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hand on what is left, and end; again, it does nothing."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._seconds):
            self._export()
        self._export()

    def _export(self) -> None:
        try:
            for name, text, labels, value in samples(self._collect()):
                gauge = self._gauges.get(name)
                if gauge is None:
                    gauge = self._gauges[name] = self._make(name, text, tuple(labels))
                gauge.set(value, labels)
        except Exception:
            logger.exception("metrics were not handed on")
