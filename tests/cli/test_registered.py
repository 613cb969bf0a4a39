"""Registered versions at the command line."""

import json

import pytest

from platform_assets.model import audit
from platform_assets.model.evaluation_report import JUDGEMENT, KIND
from platform_assets.model.seen import TRAINING_SET
from platform_assets.wiring import build_registry
from resources.artifacts import Artifacts
from resources.settings import load_settings
from tests.support.releases import digest

pytestmark = pytest.mark.slow
FIGURES = [{"metric": "brier", "value": 0.125, "low": 0.1, "high": 0.15}]


def registered(settings):
    """Two versions of `fraud`; the first has a report and is the champion."""
    registry = build_registry(settings)
    run = registry._client.create_run(registry._experiment("fraud")).info.run_id
    for letter, rows, c in (("a", "3", 0.5), ("b", "4", 2.0)):
        tags = {TRAINING_SET: rows, audit.PARAMETERS: json.dumps({"C": c})}
        registry.register("fraud", run, digest(letter), "file:///b", tags)
    registry.tag_version("fraud", "1", audit.verdict_tags("pass", "http://page", "a-report"))
    registry.set_alias("fraud", "champion", "1")
    judged = json.dumps({"figures": FIGURES}).encode()
    Artifacts(settings.artifacts).publish(KIND, "fraud", "a-report", {JUDGEMENT: judged})


@pytest.fixture
def told(home, slipway):
    """Ask for words, and for their documents, of one registry."""
    registered(load_settings())
    return slipway


def test_versions_are_listed_shown_and_compared(told):
    listed = told("models", "list", "fraud").out
    assert listed.index(digest("b")[7:19]) < listed.index(digest("a")[7:19])
    assert "champion" in listed
    shown = told("models", "show", "fraud@champion").out
    assert "0.125 (0.1 to 0.15)" in shown
    assert digest("a") in shown
    compared = told("models", "compare", "fraud@1", "fraud@bbbbbbb").out
    assert "parameter C" in compared
    assert "judged on different rows" in compared
    documents = json.loads(told("models", "list", "--json").out)
    assert [one["version"] for one in documents] == ["2", "1"]
    document = json.loads(told("models", "compare", "fraud@1", "fraud@2", "--json").out)
    assert document["changed"]["parameter C"] == ["0.5", "2.0"]
    assert document["same_holdout"] is False
    assert told("models", "compare", "fraud@1", "fraud@1").out.startswith("nothing differs")
    refused = told("models", "show", "fraud@9")
    assert (refused.code, refused.out) == (1, "")
    assert "fraud: no version is '9'; expected MODEL@ and a number" in refused.err
    assert "known: 2, 1" in refused.err
    assert "no model 'tea'; known: " in told("models", "show", "tea@1").err
