"""Whatever is released, rolled back, held and collected: what git names can be opened."""

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gitops.errors import GitopsError
from gitops.holds import hold, lift, read_holds
from gitops.local_forge import LocalForge
from gitops.manifest import manifest_path, parse
from gitops.needed import needed
from gitops.record import DeploymentRecord
from gitops.rollback import rollback
from platform_assets.model.collecting import survey
from platform_assets.model.retention import BUNDLES, Limits, plan
from resources.artifacts import Artifacts
from resources.registry import Version
from serving.bundle import open_bundle, write_bundle
from tests.support.bundles import line_contents
from tests.support.releases import SEED, bring, serving

PATH = manifest_path("staging", "line")
LAST = 2


class Histories(RuleBasedStateMachine):
    """Staging of one model, every release proven at once; bundles are real, and never young."""

    def __init__(self):
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        home = Path(self.place.name)
        self.forge = LocalForge.create(home / "gitops.git", SEED)
        self.artifacts = Artifacts(home / "artifacts")
        self.biases = itertools.count()
        self.versions = []

    def teardown(self):
        self.place.cleanup()

    @rule()
    def release(self):
        bundle = write_bundle(self.artifacts.bundles("line"), line_contents(next(self.biases)))
        number = str(len(self.versions) + 1)
        self.versions.insert(0, Version("line", number, bundle.digest, f"run-{number}", "", {}))
        bring(self.forge, serving(bundle, model_version=number))
        self.prove()

    @precondition(lambda self: self.versions)
    @rule()
    def go_back(self):
        """The newest healthy one that is not held; refused if there is none."""
        try:
            rollback(self.forge, "staging", "line", "smells", "ann")
        except GitopsError:
            return
        self.prove()

    @precondition(lambda self: self.versions)
    @rule(number=st.integers(0, 9))
    def keep_away(self, number):
        one = self.versions[number % len(self.versions)]
        hold(self.forge, "staging", "line", one.digest, "smells", "ann")

    @rule()
    def let_go(self):
        for one in read_holds(self.forge, "staging", "line", self.forge.head()):
            lift(self.forge, "staging", "line", one.digest, "ann")

    @rule()
    def collect(self):
        asked = needed(self.forge, "line", LAST)
        found = plan(survey(self.artifacts, "line"), self.versions, {}, asked, Limits(1, 0))
        for one in found.folders:
            assert self.artifacts.remove(one.kind, "line", one.key, 0)
        self.versions = [one for one in self.versions if one not in found.versions]

    def prove(self):
        head = self.forge.head()
        revision = self.forge.last_change(PATH, head).revision
        live = parse(self.forge.read(PATH, head), PATH)
        known = self.forge.read_record("staging", "line")
        record = known or DeploymentRecord("staging", "line")
        proven = record.with_proof(revision, live.bundle_digest, live.model_version, "now", ())
        self.forge.write_record(proven, known)

    @invariant()
    def what_is_live_and_what_was_can_be_opened(self):
        for commit in self.forge.history(PATH, self.forge.head(), LAST):
            self.open(self.forge.read(PATH, commit.revision))

    @invariant()
    def what_a_rollback_would_restore_can_be_opened(self):
        head = self.forge.head()
        record = self.forge.read_record("staging", "line")
        held = {one.digest for one in read_holds(self.forge, "staging", "line", head)}
        free = (
            [p for p in record.proofs if p.digest not in {*held, record.digest}] if record else []
        )
        for proof in free[-1:]:
            self.open(self.forge.read(PATH, proof.revision))

    def open(self, text):
        wanted = parse(text, PATH).bundle_digest
        open_bundle(self.artifacts.bundle_folder("line", wanted), wanted)


TestHistories = pytest.mark.e2e(Histories.TestCase)
TestHistories.settings = settings(max_examples=12, stateful_step_count=12)


def test_collections_do_let_go_of_bundles():
    """The machine above would hold for a collection that does nothing."""
    machine = Histories()
    for _ in range(6):
        machine.release()
    machine.collect()
    assert len(machine.artifacts.stored(BUNDLES, "line")) < 6
    machine.teardown()
