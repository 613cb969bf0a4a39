import json
from dataclasses import replace

import pytest

from gitops.conditions import Verdict
from gitops.errors import EvidenceInvalid
from gitops.evidence import Evidence, Figure, SliceFigure
from tests.support.releases import digest, evidence, manifest

FULL = replace(
    evidence(manifest(previous_digest=digest("b"))),
    figures=(Figure("average_precision", 0.81, 0.78, 0.84, 0.79, {"dummy": 0.01, "linear": 0.6}),),
    slices=(SliceFigure("country|x", "<b>de</b>", 420, "average_precision", 0.7, 0.6, 0.8),),
    endpoint=(Verdict("latency", True, "p99", 12.5, 150.0, "ms"),),
    report="file:///reports/7.html",
    reason="drift: score_drift",
)


def test_evidence_survives_its_file():
    assert Evidence.from_json(FULL.to_json(), FULL.path) == FULL


def test_the_file_names_its_schema_and_the_bundle():
    document = json.loads(FULL.to_json())
    assert document["schema"] == "slipway.dev/evidence/v1"
    assert document["bundle_digest"] == digest("a")
    assert document["gates"][0]["check"] == "quality"


def test_the_page_shows_every_gate_with_what_was_seen_and_allowed():
    lost = Verdict("calibration", False, "ece", None, 0.05)
    page = replace(FULL, gates=(*FULL.gates, lost)).markdown()
    assert "| pass | quality | average\\_precision | 0.8 | 0.7 |  |" in page
    assert "| FAIL | calibration | ece | - | 0.05 |  |" in page


def test_the_page_says_why_the_candidate_was_trained():
    assert "| trained because | drift: score\\_drift |" in FULL.markdown()
    assert "| trained because | - |" in evidence(manifest()).markdown()


def test_an_inconclusive_gate_is_told_from_a_failed_one_and_survives_the_file():
    unsure = Verdict("quality", False, "auc", 0.8, 0.79, outcome="inconclusive")
    full = replace(FULL, gates=(unsure,))
    assert Evidence.from_json(full.to_json(), full.path).gates == (unsure,)
    assert "| UNSURE | quality | auc | 0.8 | 0.79 |  |" in full.markdown()
    assert full.failing() == (unsure,)


def test_the_page_shows_the_candidate_beside_champion_and_baselines():
    page = FULL.markdown()
    assert "| metric | candidate | 95 % interval | champion | dummy | linear |" in page
    assert "| 0.81 | 0.78 to 0.84 | 0.79 | 0.01 | 0.6 |" in page


def test_the_page_escapes_what_columns_are_called():
    page = FULL.markdown()
    assert "<b>" not in page
    assert "country&#124;x = &lt;b&gt;de&lt;/b&gt;" in page


def test_a_section_without_content_is_left_out():
    page = evidence(manifest()).markdown()
    assert "### Gates" in page
    assert "### Slices" not in page


def test_failing_gates_are_those_that_did_not_pass():
    lost = Verdict("calibration", True, "ece", None, 0.05)
    assert replace(FULL, gates=(*FULL.gates, lost)).failing() == (replace(lost),)


def test_a_number_that_is_none_is_refused():
    with pytest.raises(EvidenceInvalid, match=r"staging/fraud\.json: .*expected finite numbers"):
        replace(FULL, figures=(Figure("auc", float("nan")),)).to_json()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("evidence/v1", "evidence/v9", "schema: got 'slipway.dev/evidence/v9'"),
        ('"metric"', '"metrik"', "expected an object of check, passed"),
        ('"model"', '"modell"', "expected an object of model, environment"),
        ("{", "", "expected a JSON object"),
    ],
)
def test_a_file_that_is_no_evidence_is_refused(before, after, message):
    with pytest.raises(EvidenceInvalid, match=message):
        Evidence.from_json(evidence(manifest()).to_json().replace(before, after, 1), "e.json")
