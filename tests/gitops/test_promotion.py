"""A release becomes a commit or a promotion, once, and only if everything speaks for it."""

from dataclasses import replace

import pytest

from gitops.conditions import Verdict
from gitops.errors import (
    DigestHeld,
    EarlierNotHealthy,
    EvidenceMismatch,
    GateNotPassed,
    PolicyInvalid,
)
from gitops.evidence import Evidence
from gitops.holds import hold
from gitops.manifest import parse, render
from gitops.policy import POLICY_PATH
from gitops.promotion import release
from gitops.record import DeploymentRecord
from tests.support.releases import POLICY, bring, digest, evidence, manifest


def prove(forge, letter: str) -> None:
    """Let staging have been healthy with this bundle."""
    record = forge.read_record("staging", "fraud")
    next_one = (record or DeploymentRecord("staging", "fraud")).with_proof(
        forge.head(), digest(letter), "1", "t1", ()
    )
    forge.write_record(next_one, record)


def test_under_auto_manifest_and_evidence_are_committed_together(forge):
    done = bring(forge, manifest("a"))
    assert (done.kind, done.revision, done.promotion) == ("committed", forge.head(), None)
    assert parse(forge.read(manifest().path, forge.head()), manifest().path) == done.manifest
    file = evidence(manifest()).path
    assert Evidence.from_json(forge.read(file, forge.head()), file).bundle_digest == digest("a")


def test_the_commit_carries_gates_and_trailers(forge):
    bring(forge, manifest("a"))
    commit = forge.last_change(manifest().path, forge.head())
    assert commit.subject == "Promote fraud 1 (aaaaaaaaaaaa) to staging"
    assert "- quality: average_precision was 0.8, allowed 0.7" in commit.message
    assert commit.trailers["Bundle-Digest"] == digest("a")
    assert commit.trailers["Previous-Digest"] == "none"


def test_a_release_names_what_it_replaces(forge):
    bring(forge, manifest("a"))
    done = bring(forge, manifest("b"))
    assert done.manifest.previous_digest == digest("a")
    assert '"previous_digest": "sha256:aaa' in forge.read(evidence(manifest()).path, forge.head())


def test_releasing_twice_is_releasing_once(forge):
    first = bring(forge, manifest("a"))
    again = bring(forge, manifest("a"))
    assert (again.kind, again.revision) == ("unchanged", first.revision)
    assert forge.head() == first.revision


def test_releasing_the_second_bundle_twice_keeps_what_it_replaced(forge):
    bring(forge, manifest("a"))
    bring(forge, manifest("b"))
    again = bring(forge, manifest("b"))
    assert (again.kind, again.manifest.previous_digest) == ("unchanged", digest("a"))


def test_under_review_a_promotion_waits_with_one_status_per_gate(forge):
    prove(forge, "a")
    done = bring(forge, manifest("a", "production"))
    promotion = done.promotion
    assert (done.kind, promotion.state, promotion.required) == ("proposed", "open", ("quality",))
    assert promotion.status("quality").state == "success"
    assert "### Gates" in promotion.body
    assert forge.read(manifest("a", "production").path, forge.head()) is None


def test_a_promotion_can_be_merged_as_it_was_opened(forge):
    prove(forge, "a")
    done = bring(forge, manifest("a", "production"))
    merged = forge.merge(done.promotion.number, "ann")
    assert forge.read(done.manifest.path, merged) == render(done.manifest)


def test_proposing_twice_gives_the_same_promotion(forge):
    prove(forge, "a")
    first = bring(forge, manifest("a", "production")).promotion
    assert bring(forge, manifest("a", "production")).promotion == first


def test_statuses_lost_in_a_crash_are_set_by_the_next_run(forge):
    prove(forge, "a")
    first = bring(forge, manifest("a", "production")).promotion
    forge.set_status(first.number, "0" * 40, "quality", "success")
    again = bring(forge, manifest("a", "production", replicas=2)).promotion
    assert (again.number, again.not_passed()) == (first.number, {})


def test_checks_of_the_policy_are_required_too(forge):
    stricter = POLICY.replace("requires: [staging]", "requires: [staging]\n    checks: [security]")
    forge.commit(forge.head(), {POLICY_PATH: stricter}, "Ask for more")
    prove(forge, "a")
    promotion = bring(forge, manifest("a", "production")).promotion
    assert promotion.not_passed() == {"security": "missing"}


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ([], "'test_score' is missing: production asks for at least 5"),
        ([Verdict("test_score", True, "ML Test Score", 4.5, 4.0)], "failed: 4.5, production asks"),
    ],
)
def test_a_model_whose_test_score_is_too_low_or_unknown_is_not_proposed(forge, gates, message):
    stricter = POLICY.replace("requires: [staging]", "requires: [staging]\n    test_score: 5")
    forge.commit(forge.head(), {POLICY_PATH: stricter}, "Ask for a score")
    prove(forge, "a")
    wanted = manifest("a", "production")
    quality = Verdict("quality", True, "average_precision", 0.8, 0.7)
    with pytest.raises(GateNotPassed, match=message):
        release(forge, wanted, evidence(wanted, quality, *gates))
    enough = Verdict("test_score", True, "ML Test Score", 5.0, 5.0)
    assert release(forge, wanted, evidence(wanted, quality, enough)).kind == "proposed"


def test_a_rejected_bundle_is_not_proposed_again(forge):
    prove(forge, "a")
    promotion = bring(forge, manifest("a", "production")).promotion
    forge.close(promotion.number, "rejected by ann")
    assert bring(forge, manifest("a", "production")).promotion.state == "closed"


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (Verdict("calibration", False, "ece", 0.2, 0.05), "ece was 0.2, allowed 0.05"),
        (Verdict("calibration", True, "ece", None, 0.05), "ece was not measured"),
    ],
)
def test_a_gate_that_failed_or_is_missing_releases_nothing(forge, gate, message):
    head = forge.head()
    with pytest.raises(GateNotPassed, match=f"gate 'calibration' failed: .*{message}"):
        release(forge, manifest("a"), evidence(manifest("a"), gate))
    assert forge.head() == head


def test_evidence_without_gates_releases_nothing(forge):
    with pytest.raises(GateNotPassed, match="the evidence has no gates"):
        release(forge, manifest("a"), replace(evidence(manifest("a")), gates=()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bundle_digest", digest("b")),
        ("model", "other"),
        ("environment", "production"),
        ("model_version", "7"),
    ],
)
def test_evidence_of_another_candidate_releases_nothing(forge, field, value):
    with pytest.raises(EvidenceMismatch, match=field):
        release(forge, manifest("a"), replace(evidence(manifest("a")), **{field: value}))


def test_a_held_bundle_is_not_released(forge):
    hold(forge, "staging", "fraud", digest("a"), "p99 too high", "ann")
    with pytest.raises(DigestHeld, match=r"p99 too high; let it go: slipway hold fraud"):
        bring(forge, manifest("a"))


def test_a_bundle_held_in_staging_is_not_proposed_for_production(forge):
    prove(forge, "a")
    hold(forge, "staging", "fraud", digest("a"), "smells", "ann")
    with pytest.raises(DigestHeld, match="is held in staging"):
        bring(forge, manifest("a", "production"))


def test_a_bundle_that_staging_has_not_proven_is_not_proposed(forge):
    prove(forge, "b")
    with pytest.raises(EarlierNotHealthy, match="before it was healthy in staging"):
        bring(forge, manifest("a", "production"))


def test_an_environment_that_the_policy_does_not_know_gets_nothing(forge):
    with pytest.raises(PolicyInvalid, match="got 'canary'"):
        bring(forge, manifest("a", "canary"))


def test_a_model_named_like_an_environment_gets_nothing(forge):
    with pytest.raises(PolicyInvalid, match="got 'staging-x'"):
        bring(forge, manifest("a", model="staging-x"))


def test_a_manifest_broken_by_hand_can_be_replaced_by_a_release(forge):
    forge.commit(forge.head(), {manifest().path: "nonsense"}, "By hand")
    assert bring(forge, manifest("a")).kind == "committed"
