"""A release trusts what was recorded for exactly this bundle, and touches git only then."""

import json
import time

import dagster as dg
import pytest

from gitops.errors import DigestHeld, GateNotPassed
from gitops.holds import hold
from gitops.local_forge import LocalForge
from gitops.manifest import evidence_path, manifest_path
from gitops.promotion import release
from gitops.record import DeploymentRecord
from platform_assets.errors import GateError, NotMaterialized
from platform_assets.model.evaluation_report import JUDGEMENT, KIND
from platform_assets.release import first_release
from platform_assets.release.candidates import named
from platform_assets.release.proof import asked_of, recorded
from platform_assets.release.release import Desk, judged, papers_of, result, scored
from platform_assets.release.sensing import looks
from platform_assets.release.stages import DEFAULT
from platform_assets.run_tags import BUNDLE_TAG, REASON_TAG
from resources.artifacts import Artifacts
from resources.errors import ArtifactError
from tests.release.test_papers import ENTRY, REPORT
from tests.release.test_papers import JUDGEMENT as JUDGED
from tests.support.checkouts import committed
from tests.support.releases import SEED, digest
from tests.support.tiny import tiny

FOLDER = tiny(gates=[{"metric": "roc_auc", "reach": 0.7}])
STAGING, PRODUCTION = DEFAULT
GATE = "roc_auc_reaches"
PATH = manifest_path("staging", "tiny")


def prepare(desk, folder, stage):
    """The papers of the newest candidate."""
    candidate = named(desk.instance, folder, "")
    found = judged(desk, folder, candidate, recorded(desk.instance, folder))
    return papers_of(desk, folder, stage, found)


@dg.asset(key=FOLDER.key("candidate_model"))
def trained() -> None: ...


class Candidate:
    """A candidate whose checks are on record, and a desk to release it from."""

    def __init__(self, instance, place):
        self.instance = instance
        self.forge = LocalForge.create(place / "gitops.git", SEED)
        self.artifacts = Artifacts(place / "artifacts")
        self.papers = Desk(instance, self.forge, self.artifacts, committed(place / "checkout"))
        self.artifacts.publish(KIND, "tiny", "a-report", {JUDGEMENT: json.dumps(JUDGED).encode()})
        self.made("registry_entry", ENTRY)
        self.made("evaluation_report", REPORT | {"report_key": "a-report"})

    def made(self, asset, metadata):
        event = dg.AssetMaterialization(FOLDER.key(asset), metadata=metadata)
        self.instance.report_runless_asset_event(event)

    def judged(self, letter="a", *, passed=True):
        """Every check on the candidate's way, as one that passed; the gate as said."""
        for asked in asked_of(FOLDER):
            gate = asked.key.name == GATE
            about = ENTRY | ({"bundle_digest": digest(letter)} if gate else {})
            check = dg.AssetCheckEvaluation(
                asset_key=asked.key.asset_key,
                check_name=asked.key.name,
                passed=passed if gate else True,
                metadata={asked.named_by: about[asked.named_by]},
            )
            self.instance.report_runless_asset_event(check)

    def release(self, stage=STAGING, folder=FOLDER, by="ann"):
        papers = prepare(self.papers, folder, stage)
        return release(self.forge, papers.manifest, papers.evidence, by)


@pytest.fixture
def desk(tmp_path):
    with dg.DagsterInstance.ephemeral() as instance:
        yield Candidate(instance, tmp_path)


def test_a_judged_bundle_is_committed_with_its_evidence(desk):
    desk.judged()
    released = desk.release()
    assert (released.kind, released.revision) == ("committed", desk.forge.head())
    text = desk.forge.read(PATH, desk.forge.head())
    assert digest("a") in text


def test_the_evidence_says_why_the_candidate_was_trained(desk):
    dg.materialize([trained], instance=desk.instance, tags={REASON_TAG: "drift: score_drift"})
    desk.judged()
    desk.release()
    stored = desk.forge.read(evidence_path("staging", "tiny"), desk.forge.head())
    assert json.loads(stored)["reason"] == "drift: score_drift"


@pytest.mark.parametrize(
    ("letter", "passed", "said"),
    [
        ("b", True, "was judged for another bundle_digest"),
        ("a", False, r"evaluation_report\.roc_auc_reaches failed"),
        (None, True, r"evaluation_report\.roc_auc_reaches has no result"),
    ],
)
def test_what_was_not_proven_for_this_bundle_leaves_git_alone(letter, passed, said, desk):
    head = desk.forge.head()
    if letter:
        desk.judged(letter, passed=passed)
    with pytest.raises(GateError, match=said):
        desk.release()
    assert desk.forge.head() == head


def test_a_gate_that_was_added_since_blocks_though_the_old_ones_passed(desk):
    desk.judged()
    stricter = tiny(gates=[*FOLDER.spec.model_dump()["gates"], {"metric": "brier", "reach": 0.2}])
    with pytest.raises(GateError, match="brier_reaches has no result"):
        desk.release(folder=stricter)


ASKING = SEED["gitops/environments/policy.yaml"].replace(
    "approval: auto", "approval: auto\n    test_score: 5"
)


@pytest.mark.parametrize(("score", "said"), [(None, "not measured"), (4.5, "was 4.5, allowed 5")])
def test_a_score_that_the_policy_asks_for_is_a_gate(desk, score, said):
    desk.judged()
    desk.forge.commit(desk.forge.head(), {"gitops/environments/policy.yaml": ASKING}, "Ask")
    if score is not None:
        desk.made("test_score", {"score": score})
    with pytest.raises(GateNotPassed, match=f"test_score.*{said}"):
        desk.release()
    desk.made("test_score", {"score": 5.0})
    assert desk.release().kind == "committed"


def test_a_score_that_nobody_computes_any_more_counts_nothing(desk):
    """With its sensor off, the score of a good day opened the gate for ever."""
    desk.forge.commit(desk.forge.head(), {"gitops/environments/policy.yaml": ASKING}, "Ask")
    desk.made("test_score", {"score": 7.0})
    ((now,), (later,)) = (
        scored(desk.papers, FOLDER, STAGING, lambda days=days: time.time() + days * 86_400)
        for days in (0, 7)
    )
    assert (now["passed"], later["passed"]) == (True, False)
    assert "7 days old; look at the sensor tiny_scoring" in later["message"]


def test_a_report_that_is_gone_is_named_and_nothing_is_released(desk):
    desk.judged()
    desk.made("evaluation_report", REPORT | {"report_key": "lost"})
    with pytest.raises(ArtifactError, match=r"reports/tiny/lost/judgement\.json"):
        desk.release()
    assert desk.forge.read(PATH, desk.forge.head()) is None


def test_without_a_candidate_there_is_nothing_to_release(desk):
    with (
        dg.DagsterInstance.ephemeral() as empty,
        pytest.raises(NotMaterialized, match="tiny/registry_entry"),
    ):
        prepare(Desk(empty, desk.forge, desk.artifacts, desk.papers.checkout), FOLDER, STAGING)


def test_a_held_bundle_is_not_released_though_its_gates_passed(desk):
    desk.judged()
    hold(desk.forge, "staging", "tiny", digest("a"), "smells", "ann")
    with pytest.raises(DigestHeld, match="smells"):
        desk.release()


def test_what_would_be_refused_is_known_without_touching_git(desk):
    """The sensor asks this before it starts a run."""
    head = desk.forge.head()
    assert all("has no result" in look.objection for look in looks(desk.papers, FOLDER, DEFAULT))
    desk.judged()
    staging, production = looks(desk.papers, FOLDER, DEFAULT)
    assert (staging.asset, staging.objection) == ("staging_release", "")
    assert "before it was healthy in staging" in production.objection
    assert desk.forge.head() == head


def test_a_candidate_that_has_passed_goes_on_though_a_newer_one_failed(desk):
    """The sensor looked at the newest alone, so what waited for its time never came."""
    desk.judged()
    desk.made("evaluation_report", REPORT | {"report_key": "a-report", "candidate_key": "c" * 64})
    newer = {"candidate_key": "d" * 64, "bundle_digest": digest("b")}
    desk.made("registry_entry", ENTRY | newer)
    desk.made("evaluation_report", REPORT | {"report_key": "b-report", "candidate_key": "d" * 64})
    staging, _ = looks(desk.papers, FOLDER, DEFAULT)
    assert (staging.digest, staging.objection) == (digest("a"), "")
    assert named(desk.instance, FOLDER, digest("a")).entry == ENTRY
    assert named(desk.instance, FOLDER, "").digest == digest("b")
    with pytest.raises(NotMaterialized, match=digest("e")):
        named(desk.instance, FOLDER, digest("e"))


def test_a_run_for_a_bundle_releases_that_one(desk):
    desk.judged()
    desk.made("evaluation_report", REPORT | {"report_key": "a-report", "candidate_key": "c" * 64})
    desk.made("registry_entry", ENTRY | {"candidate_key": "d" * 64, "bundle_digest": digest("b")})
    resources = {
        "forge": desk.forge,
        "artifacts": desk.artifacts,
        "checkout": desk.papers.checkout,
    }
    asset = first_release.build(FOLDER, STAGING)
    done = dg.materialize(
        [asset], instance=desk.instance, resources=resources, tags={BUNDLE_TAG: digest("a")}
    )
    assert done.success
    assert digest("a") in desk.forge.read(PATH, desk.forge.head())


@pytest.fixture
def reads(desk, monkeypatch):
    """The checks whose history was read."""
    storage, asked = desk.instance.event_log_storage, []
    told = storage.get_asset_check_execution_history

    def noting(key, **options):
        asked.append(key)
        return told(key, **options)

    monkeypatch.setattr(storage, "get_asset_check_execution_history", noting)
    return asked


def test_a_candidate_is_judged_once_for_all_environments(desk, reads):
    """Each environment read every check and the whole judgement anew, every thirty seconds."""
    desk.judged()
    assert len(list(looks(desk.papers, FOLDER, DEFAULT))) == 2
    assert len(reads) == len(asked_of(FOLDER))


def test_checks_are_read_once_however_many_candidates_have_failed(desk, reads):
    """They were read for each of the last ten again, every thirty seconds."""
    for letter in "bcd":
        made = {"candidate_key": letter * 64, "bundle_digest": digest(letter)}
        desk.made("registry_entry", ENTRY | made)
        desk.made("evaluation_report", REPORT | made | {"report_key": "a-report"})
    staging, _ = looks(desk.papers, FOLDER, DEFAULT)
    assert staging.digest == digest("d")
    assert len(reads) == len(asked_of(FOLDER))


def test_nothing_is_judged_once_the_newest_is_released_everywhere(desk, reads):
    """Every check of what had long been live was read every thirty seconds."""
    for stage in DEFAULT:
        desk.made(stage.release, {"bundle_digest": digest("a")})
    assert list(looks(desk.papers, FOLDER, DEFAULT)) == []
    assert reads == []


def test_releasing_twice_commits_once_and_says_so(desk):
    desk.judged()
    first, again = desk.release(), desk.release()
    assert (again.kind, again.revision) == ("unchanged", first.revision)


def test_the_ui_shows_the_commit_and_what_it_replaces(desk):
    desk.judged()
    shown = result(FOLDER, "staging_release", desk.release())
    assert shown.data_version.value == digest("a")
    told = shown.metadata
    assert (told["release"], told["replaces"]) == ("committed", "nothing")
    assert told["commit"] == desk.forge.head()
    assert "promotion" not in told


def test_the_ui_shows_a_promotion_with_its_evidence(desk):
    """Staging proves it first, as the policy asks."""
    desk.judged()
    prove(desk.forge, desk.release().revision)
    shown = result(FOLDER, "production_promotion", desk.release(PRODUCTION)).metadata
    assert (shown["release"], shown["state"]) == ("proposed", "open")
    assert shown["branch"] == f"promote/production/tiny-{'a' * 12}"
    assert "channel = web | 90" in shown["evidence"].value


def prove(forge, revision):
    began = DeploymentRecord("staging", "tiny", attempted=revision)
    proven = began.with_proof(revision, digest("a"), "3", "2026-01-01T00:00:00+00:00", ())
    forge.write_record(proven, None)
