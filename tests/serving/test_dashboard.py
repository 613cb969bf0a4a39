"""The Grafana dashboard asks for what a process counts, by the labels that it has."""

import json
import re

import pytest

from resources.settings import CHECKOUT
from serving.bundle import write_bundle
from serving.exposition import Exposition, samples
from serving.meter import OUTCOMES, Meter
from serving.prediction_log import PredictionLog
from tests.serving.conftest import rolled_out, user_config
from tests.support.bundles import line_contents

pytestmark = pytest.mark.anyio
DASHBOARD = json.loads((CHECKOUT / "docs" / "grafana" / "serving.json").read_text())
QUERIES = {
    f"{panel['title']} {target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
}


@pytest.fixture
async def exported(line, tmp_path):
    """The labels of each number, by its name, with every part at work."""
    other = user_config(write_bundle(tmp_path / "other", line_contents(bias=1.0)), "2")["bundle"]
    rollout = await rolled_out(line, canary={"bundle": other, "weight": 0.5, "shadow": 1.0})
    log = PredictionLog(tmp_path / "log", "line", "production")
    meter = Meter()
    meter.answered("1", 200, 1, 1)
    exposition = Exposition(meter, rollout, log, ("production", "r1"))
    found = {f"ray_{name}": set(labels) for name, _, labels, _ in samples(exposition.collect())}
    log.close()
    return found


@pytest.mark.parametrize("query", QUERIES)
async def test_every_query_names_numbers_and_labels_that_are_exported(query, exported):
    expression = QUERIES[query]
    asked = re.findall(r"(ray_\w+)\{([^}]*)\}", expression)
    assert len(asked) == expression.count("ray_") > 0
    for name, matchers in asked:
        grouped = {
            label for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(", ")
        }
        wanted = set(re.findall(r"(\w+)=", matchers)) | grouped
        assert wanted <= exported[name]


async def test_every_number_is_on_the_dashboard(exported):
    shown = " ".join(QUERIES.values())
    of_histograms = ("_sum", "_count")
    assert [
        name for name in exported if name not in shown and not name.endswith(of_histograms)
    ] == []


def test_every_outcome_that_a_query_names_is_one():
    for chosen in re.findall(r'outcome=~"([^"]*)"', " ".join(QUERIES.values())):
        assert set(chosen.split("|")) <= set(OUTCOMES.values())


def test_panels_have_numbers_of_their_own_and_do_not_overlap():
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
