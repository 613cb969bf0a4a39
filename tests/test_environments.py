"""Three environments through the whole graph; what has to wait comes when its time has."""

import shutil
from dataclasses import replace

import dagster as dg
import pytest

from gitops.manifest import manifest_path
from gitops.policy import POLICY_PATH
from platform_assets.lineage import latest
from platform_assets.run_tags import BY_TAG
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny
from tests.test_graph import failures

pytestmark = pytest.mark.slow

POLICY = """
environments:
  - name: staging
    approval: auto
    freeze: [{from: 2020-01-01T00:00:00Z, until: 2100-01-01T00:00:00Z, reason: holidays}]
  - name: canary
    approval: review
    requires: [staging]
    approvers: {names: [ann, bob]}
  - name: production
    approval: auto
    requires: [staging, canary]
    soak: {canary: 1h}
"""
THAWED = "\n".join(line for line in POLICY.splitlines() if "freeze" not in line)


class Course(Platform):
    """A platform whose sensor is followed by hand."""

    def waits(self):
        return self.tick(tiny(), "tiny_releases").skip_message

    def asked(self):
        (request,) = self.tick(tiny(), "tiny_releases").run_requests
        return [key.path[-1] for key in request.asset_selection]

    def made(self, *names):
        assert failures(self.run(tiny(), *names)) == {}

    def an_hour_passes(self):
        """As the record has it."""
        record = self.forge.read_record("canary", "tiny")
        (proof,) = record.proofs
        older = replace(record, proofs=(replace(proof, since="2026-01-01T00:00:00+00:00"),))
        self.forge.write_record(older, record)


@pytest.fixture
def course(tmp_path, empty_registry):
    shutil.copytree(empty_registry, tmp_path / "mlflow")
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        yield Course.create(tmp_path, serve, instance, POLICY)


@pytest.mark.e2e
def test_a_bundle_goes_through_three_environments_each_when_it_may(course):
    course.deliver("day-1.csv", orders(600, seed=1))
    asked = ("raw", "cleaned", "quarantine", "training_set", "candidate_model", "registry_entry")
    made = course.run(tiny(), *asked, "evaluation_report", "staging_release", tags={BY_TAG: "ann"})
    assert failures(made) == {}
    assert course.forge.paths("gitops/environments/staging", course.forge.head()) == []
    assert "staging_release waits: staging is frozen until 2100" in course.waits()

    course.forge.commit(course.forge.head(), {POLICY_PATH: THAWED}, "Go on")
    assert course.asked() == ["staging_release"]
    course.made("staging_release", "staging_deployment")
    assert course.asked() == ["canary_promotion"]
    course.made("canary_promotion")
    (promotion,) = course.forge.promotions("open")
    assert (promotion.environment, promotion.author) == ("canary", "ann")

    course.forge.merge(promotion.number, "bob")
    course.made("canary_deployment")
    assert "must stay healthy in canary for another" in course.waits()
    course.an_hour_passes()
    assert course.asked() == ["production_promotion"]
    course.made("production_promotion", "production_deployment")

    digest = latest(course.instance, tiny().key("registry_entry"))["bundle_digest"]
    served = [course.serve.digest(name) for name in ("staging-tiny", "canary-tiny", "tiny")]
    assert served == [digest] * 3
    assert digest in course.forge.read(manifest_path("canary", "tiny"), course.forge.head())
    assert course.waits() == "the candidate is released everywhere"
