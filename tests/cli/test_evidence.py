"""Evidence as a person reads it at a terminal."""

from dataclasses import replace

from gitops.conditions import Verdict
from gitops.evidence import Figure
from platform_assets.cli.evidence import print_evidence, print_verdicts, read_evidence
from tests.support.releases import digest, evidence, manifest

SLOW = Verdict("latency_p99", False, "p99", 412.04, 150.0, "ms")
UNMEASURED = Verdict("golden_rows", True, "difference", None, 1e-5)


def words(capsys):
    return capsys.readouterr().out.replace("│", " ").split()


def test_evidence_is_read_from_the_revision_asked_for(at):
    first = at.bring("a").revision
    at.bring("b")
    assert read_evidence(at.forge, "staging", "fraud", first).bundle_digest == digest("a")
    head = at.forge.head()
    assert read_evidence(at.forge, "staging", "fraud", head).bundle_digest == digest("b")


def test_a_manifest_committed_by_hand_has_none(at):
    assert read_evidence(at.forge, "staging", "fraud", at.forge.head()) is None


def test_what_failed_and_what_was_not_measured_stands_out(capsys):
    print_verdicts("checks", [SLOW, UNMEASURED])
    told = words(capsys)
    assert told.count("FAIL") == 2
    assert "412" in told
    assert "-" in told


def test_no_verdict_is_no_table(capsys):
    print_verdicts("checks", [])
    assert capsys.readouterr().out == ""


def test_a_figure_stands_beside_champion_and_baselines(capsys):
    figure = Figure("roc_auc", 0.91234, 0.9, 0.92, None, {"dummy": 0.5})
    print_evidence(replace(evidence(manifest("a")), figures=(figure,)))
    told = words(capsys)
    for shown in ("roc_auc", "0.9123", "0.9", "0.92", "dummy", "0.5", digest("a")):
        assert shown in told
