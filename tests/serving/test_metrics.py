"""What a process counts, as Prometheus reads it."""

import threading

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from resources.settings import CHECKOUT
from serving.access.callers import Callers
from serving.access.guard import Guard
from serving.bundle import write_bundle
from serving.door import Door
from serving.exporter import Exporter
from serving.exposition import Exposition
from serving.ingress import Ingress
from serving.meter import BOUNDS, OUTCOMES, Histogram, Meter
from serving.prediction_log import PredictionLog
from serving.rollout import Rollout
from serving.settings import ServingSettings
from tests.serving.conftest import rolled_out, user_config
from tests.support.bundles import line_contents

pytestmark = pytest.mark.anyio
ROWS = {"instances": [{"a": 1, "b": 2}, {"a": 0, "b": 0}]}
ORDER = ("version", "outcome", "state", "le", "digest")
PLACE = {"model": "line", "environment": "staging", "replica": "r1"}


def numbers(text):
    """Each number by its name and those labels that are not the same for all."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            assert sample.labels.items() >= PLACE.items()
            rest = [sample.labels[name] for name in ORDER if name in sample.labels]
            found[sample.name, *rest] = sample.value
    return found


@pytest.fixture
async def rollout(line):
    return await rolled_out(line)


@pytest.fixture
def log(tmp_path):
    log = PredictionLog(tmp_path / "log", "line", "staging")
    yield log
    log.close()


@pytest.fixture
async def ask(rollout, log):
    ingress = Ingress(rollout, ServingSettings(), log, place=("staging", "r1"))
    transport = httpx.ASGITransport(ingress)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        yield client


async def scraped(client):
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return numbers(answer.text)


async def test_requests_are_counted_by_version_and_outcome_with_their_rows(ask, line):
    for body in (ROWS, ROWS, {"instances": []}):
        await ask.post("/invocations", json=body)
    await ask.post("/invocations", content=b"x", headers={"content-type": "text/html"})
    await ask.get("/v2")
    found = await scraped(ask)
    outcomes = {key[2]: value for key, value in found.items() if key[0] == "slipway_requests_total"}
    assert outcomes == {"ok": 2, "bad_input": 1, "unsupported_media": 1}
    assert found["slipway_rows_total", "1"] == 4
    assert found["slipway_live", "1", line.digest] == 1


async def test_latencies_of_answers_stand_in_a_histogram(ask):
    for _ in range(3):
        await ask.post("/invocations", json=ROWS)
    await ask.post("/invocations", json={})
    found = await scraped(ask)
    assert found["slipway_request_seconds_count", "1"] == 3
    assert found["slipway_request_seconds_bucket", "1", "+Inf"] == 3
    assert 0 < found["slipway_request_seconds_sum", "1"] < 60


async def test_a_candidate_has_figures_of_its_own(ask, rollout, line, tmp_path):
    other = write_bundle(tmp_path / "other", line_contents(bias=100.0))
    target = user_config(other, "2")["bundle"]
    await rollout.apply(user_config(line, canary={"bundle": target, "weight": 1.0, "shadow": 0.0}))
    await ask.post("/invocations", json=ROWS)
    found = await scraped(ask)
    assert found["slipway_requests_total", "2", "ok"] == 1
    assert found["slipway_canary_weight", "2"] == 1.0
    assert found["slipway_shadow_total", "2", "dropped"] == 0


async def test_what_the_log_drops_is_counted(ask, log):
    log.close()
    await ask.post("/invocations", json=ROWS)
    found = await scraped(ask)
    assert (found["slipway_logged_total", "dropped"], found["slipway_log_waiting",]) == (1, 0)


async def test_whoever_is_turned_away_at_the_door_is_counted_too(rollout):
    ingress = Ingress(rollout, ServingSettings(), place=("staging", "r1"))
    door = Door(ingress, rollout, Guard("line", Callers()), meter=ingress.meter)
    transport = httpx.ASGITransport(door)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        assert (await client.post("/invocations", json=ROWS)).status_code == 401
        assert (await client.get("/metrics")).status_code == 401
    found = numbers(ingress.exposition.text().decode())
    assert found["slipway_requests_total", "1", "unauthorized"] == 1


def test_each_latency_falls_into_the_first_bucket_that_holds_it():
    histogram = Histogram.empty()
    for nanoseconds in (1, 100_000, 100_001, 10_000_000_000, 10_000_000_001):
        histogram.add(nanoseconds)
    buckets = dict(histogram.buckets())
    assert list(buckets) == [*map(str, BOUNDS), "+Inf"]
    assert (buckets["0.0001"], buckets["0.00025"], buckets["10.0"], buckets["+Inf"]) == (2, 3, 4, 5)


class Gauges:
    """Keeps what each gauge was set to; fails as often as it is told to."""

    def __init__(self, failing=0):
        self.failing, self.seen = failing, {}
        self.again = threading.Event()

    def __call__(self, name, text, labels):
        if self.failing:
            self.failing -= 1
            raise OSError(name)
        assert text
        self._name, self._labels = name, labels
        return _Gauge(self, name, labels)


class _Gauge:
    def __init__(self, gauges, name, labels):
        self._gauges, self._name, self._labels = gauges, name, labels

    def set(self, value, tags):
        assert set(tags) == set(self._labels)
        self._gauges.seen[self._name, *(tags[label] for label in self._labels)] = value
        if value == 2:
            self._gauges.again.set()


@pytest.mark.parametrize("failing", [0, 1])
def test_numbers_are_handed_on_again_and_again_whatever_happens(failing):
    meter, gauges = Meter(), Gauges(failing)
    exposition = Exposition(meter, Rollout("line"), None, ("staging", "r1"))
    meter.answered("1", 200, 1, 1)
    exporter = Exporter(exposition.collect, gauges, seconds=0.01)
    meter.answered("1", 200, 1, 1)
    assert gauges.again.wait(60)
    exporter.close()
    assert gauges.seen["slipway_requests_total", *PLACE.values(), "1", "ok"] == 2
    assert gauges.seen["slipway_request_seconds_bucket", *PLACE.values(), "1", "+Inf"] == 2


def test_every_number_and_outcome_is_in_the_reference():
    reference = (CHECKOUT / "docs" / "reference.md").read_text()
    exposition = Exposition(Meter(), Rollout("line"), None, ("staging", "r1"))
    names = [
        f"{one.name}_total" if one.type == "counter" else one.name for one in exposition.collect()
    ]
    assert [name for name in (*names, *OUTCOMES.values()) if f"`{name}`" not in reference] == []
