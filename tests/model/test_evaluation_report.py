"""The report: judged once, kept whole, and each gate a check that names its bundle."""

import json
from dataclasses import replace

import jsonschema
import pytest

from gitops.conditions import Verdict
from platform_assets.model.evaluation_report import (
    JUDGEMENT,
    KIND,
    check,
    evaluate,
    evaluate_once,
    lineage,
    shown,
)
from platform_assets.model.page import DOCUMENT, PAGE
from resources.settings import CHECKOUT
from tests.model.conftest import workshop_at
from tests.support.releases import digest

GATE = Verdict("roc_auc_reaches", True, "roc_auc", 0.8, 0.7, message="it does")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """One judgement for all tests; none of them changes it."""
    workshop = workshop_at(tmp_path_factory.mktemp("workshop"))
    entry = workshop.entry()
    key = evaluate_once(workshop.folder, workshop.lake, workshop.artifacts, entry, None)
    return workshop, entry, key


def document(workshop, key):
    return json.loads(workshop.artifacts.load(KIND, "tiny", key, JUDGEMENT))


def test_a_report_is_a_page_a_judgement_and_pictures(judged):
    workshop, _, key = judged
    folder = workshop.artifacts.folder(KIND, "tiny", key)
    names = {path.name for path in folder.iterdir()}
    assert {JUDGEMENT, PAGE, DOCUMENT} < names
    pictures = [path for path in folder.iterdir() if path.suffix == ".png"]
    assert pictures
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)


def test_the_judgement_names_the_bundle_the_code_and_the_champion(judged):
    workshop, entry, key = judged
    found = document(workshop, key)
    assert found["bundle_digest"] == entry["bundle_digest"]
    assert (found["champion"], found["outcome"]) == (None, "pass")
    assert found["code_commit"] == entry["code_commit"]


def test_what_was_judged_once_is_not_judged_again(judged):
    workshop, entry, key = judged
    report = workshop.artifacts.folder(KIND, "tiny", key) / JUDGEMENT
    before = report.stat().st_mtime_ns
    assert evaluate_once(workshop.folder, workshop.lake, workshop.artifacts, entry, None) == key
    assert report.stat().st_mtime_ns == before


def test_a_second_judge_finds_the_same(judged):
    workshop, entry, key = judged
    files = evaluate(workshop.folder, workshop.lake, workshop.artifacts, entry, None)
    again, found = json.loads(files[JUDGEMENT]), document(workshop, key)
    assert (again["gates"], again["figures"]) == (found["gates"], found["figures"])


def test_the_findings_for_programs_keep_their_published_schema(judged):
    workshop, entry, key = judged
    found = json.loads(workshop.artifacts.load(KIND, "tiny", key, DOCUMENT))
    jsonschema.validate(found, json.loads((CHECKOUT / "docs/report.schema.json").read_text()))
    assert found["bundle_digest"] == entry["bundle_digest"]
    assert {one["kind"] for one in found["parity"]} >= {"holdout"}
    assert found["card"]["contact"] is None


def test_the_page_stands_alone_and_names_the_bundle(judged):
    workshop, entry, key = judged
    page = workshop.artifacts.load(KIND, "tiny", key, PAGE).decode()
    assert entry["bundle_digest"] in page
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_the_lineage_leads_from_the_table_to_the_bundle(judged):
    workshop, entry, _ = judged
    told = lineage(workshop.folder, workshop.lake, workshop.artifacts, entry)
    ways = ["cleaned", "training set", "code"], ["MLflow run", "model version", "bundle"]
    assert (list(told)[:3], list(told)[-3:]) == ways
    assert {"lock", "python"} <= set(told)
    assert told["training set"].endswith("/tiny/training_set version 0")
    assert told["bundle"] == entry["bundle_uri"]


def test_the_ui_shows_figures_pictures_and_whom_it_was_judged_against(judged):
    workshop, entry, key = judged
    found = shown(document(workshop, key), workshop.artifacts.folder(KIND, "tiny", key))
    assert (found["bundle_digest"], found["champion"]) == (entry["bundle_digest"], "none")
    assert 0.5 < found["roc_auc"] <= 1
    assert any("data:image/png;base64," in getattr(value, "value", "") for value in found.values())


def test_a_gate_is_a_check_that_names_its_bundle():
    result = check(digest("a"), GATE.to_dict())
    assert (result.check_name, result.passed) == ("roc_auc_reaches", True)
    told = {name: value.value for name, value in result.metadata.items()}
    assert told == {
        "bundle_digest": digest("a"),
        "outcome": "pass",
        "metric": "roc_auc",
        "observed": 0.8,
        "threshold": 0.7,
    }


def test_an_inconclusive_gate_does_not_pass_its_check():
    unsure = replace(GATE, passed=False, outcome="inconclusive", message="more rows needed")
    result = check(digest("a"), unsure.to_dict())
    assert not result.passed
    assert result.metadata["outcome"].value == "inconclusive"
    assert result.description == "more rows needed"


def test_a_gate_on_what_was_not_measured_says_so():
    missing = Verdict("roc_auc_reaches", False, "roc_auc", None, None, message="not measured")
    result = check(digest("a"), missing.to_dict())
    assert not result.passed
    assert result.metadata["observed"].value == "not measured"
    assert result.metadata["threshold"].value == "none"
