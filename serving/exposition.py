"""What a serving process counts, in the form of Prometheus.

Each family has the labels `model`, `environment` and `replica`; versions are those of MLflow.
"""

import resource
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from serving.meter import OUTCOMES, Meter
from serving.prediction_log import PredictionLog
from serving.rollout import Rollout

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
# Linux's own account, in pages; other systems have none.
_STATM, _RESIDENT = Path("/proc/self/statm"), 1
_PLACE = ("model", "environment", "replica")


class Exposition(Collector):
    """The families of one process.

    `log` None leaves those of the prediction log out. `place` is environment and replica.
    """

    def __init__(
        self, meter: Meter, rollout: Rollout, log: PredictionLog | None, place: tuple[str, str]
    ) -> None:
        self._meter, self._rollout, self._log = meter, rollout, log
        self._place = (rollout.model, *place)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """What is answered to a scrape."""
        return bytes(generate_latest(self._registry))

    def collect(self) -> Iterator[Metric]:
        yield from self._requests()
        yield self._live()
        yield self._memory()
        yield from self._logged()
        yield from self._canary()

    def _requests(self) -> Iterator[Metric]:
        requests = self._counter("requests", "Requests for predictions.", "version", "outcome")
        told: Counter[tuple[str, str]] = Counter()
        for (version, status), count in dict(self._meter.outcomes).items():
            told[version, OUTCOMES.get(status, "failed")] += count
        for labels, count in told.items():
            requests.add_metric([*self._place, *labels], count)
        yield requests
        rows = self._counter("rows", "Rows that were scored.", "version")
        for version, count in dict(self._meter.rows).items():
            rows.add_metric([*self._place, version], count)
        yield rows
        yield self._seconds()

    def _seconds(self) -> Metric:
        text = "From the request's head to its answer, of those answered with predictions."
        family = HistogramMetricFamily("slipway_request_seconds", text, labels=(*_PLACE, "version"))
        for version, histogram in dict(self._meter.seconds).items():
            total = histogram.total[0] / 1e9
            family.add_metric([*self._place, version], histogram.buckets(), total)
        return family

    def _live(self) -> Metric:
        text = "1 for the version that answers."
        family = GaugeMetricFamily("slipway_live", text, labels=(*_PLACE, "version", "digest"))
        live = self._rollout.live
        if live is not None:
            family.add_metric([*self._place, live.version, live.digest], 1)
        return family

    def _memory(self) -> Metric:
        text = "Resident memory of the process."
        family = GaugeMetricFamily("slipway_memory_bytes", text, labels=_PLACE)
        if _STATM.is_file():
            pages = int(_STATM.read_text().split()[_RESIDENT])
            family.add_metric(self._place, pages * resource.getpagesize())
        return family

    def _logged(self) -> Iterator[Metric]:
        if self._log is None:
            return
        state = self._log.state
        family = self._counter("logged", "Requests that the prediction log was given.", "state")
        for name in ("written", "dropped"):
            family.add_metric([*self._place, name], state[name])
        yield family
        waiting = GaugeMetricFamily(
            "slipway_log_waiting", "Requests that are not yet in a file.", labels=_PLACE
        )
        waiting.add_metric(self._place, state["waiting"])
        yield waiting

    def _canary(self) -> Iterator[Metric]:
        canary = self._rollout.canary
        if canary is None:
            return
        told = canary.told()
        pairs: Mapping[str, Any] = told["pairs"]
        shown = {name: pairs[name] for name in ("requests", "failures", "dropped")}
        labels = [*self._place, canary.candidate.version]
        compared = self._counter("shadow", "Requests scored by both.", "version", "state")
        for name, count in shown.items():
            compared.add_metric([*labels, name], count)
        yield compared
        rows = self._counter("shadow_rows", "Rows scored by both.", "version", "state")
        for name in ("rows", "disagreed"):
            rows.add_metric([*labels, name], pairs[name])
        yield rows
        weight = GaugeMetricFamily(
            "slipway_canary_weight",
            "Share of keys that the candidate answers.",
            labels=(*_PLACE, "version"),
        )
        weight.add_metric(labels, canary.weight)
        yield weight

    def _counter(self, name: str, text: str, *labels: str) -> CounterMetricFamily:
        return CounterMetricFamily(f"slipway_{name}", text, labels=(*_PLACE, *labels))


def samples(families: Iterable[Metric]) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
    """Name, sentence, labels and value of each number."""
    for family in families:
        for sample in family.samples:
            yield sample.name, family.documentation, sample.labels, sample.value
