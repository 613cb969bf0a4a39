"""A retrained candidate meets the gates of any other, however one tries to get round them."""

import dagster as dg
import pytest

from platform_assets.lineage import latest
from platform_assets.release.proof import asked_of
from platform_assets.run_tags import REASON_TAG, TRIGGER_TAG
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

pytestmark = pytest.mark.slow

UNREACHABLE = tiny(gates=[{"metric": "roc_auc", "reach": 0.9999}], search={"trials": 1})
WHY = "drift: input_drift of amount in production"
TAGS = {TRIGGER_TAG: "drift", REASON_TAG: WHY}


@pytest.fixture(scope="module")
def retrained(tmp_path_factory):
    """A platform on which drift started a training, and its candidate missed a gate."""
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        platform = Platform.create(tmp_path_factory.mktemp("platform"), serve, instance)
        platform.deliver("day-1.csv", orders(300, seed=1))
        assert not platform.run(UNREACHABLE, tags=TAGS).success
        yield platform


@pytest.mark.parametrize("asset", ["staging_release", "production_promotion"])
def test_a_release_by_hand_behind_a_failed_gate_is_refused(retrained, asset):
    head = retrained.forge.head()
    assert not retrained.run(UNREACHABLE, asset, tags=TAGS).success
    assert (retrained.forge.head(), retrained.forge.promotions()) == (head, [])


def test_leaving_the_judgement_out_releases_nothing(retrained):
    head = retrained.forge.head()
    left_out = ("candidate_model", "registry_entry", "staging_release")
    assert not retrained.run(UNREACHABLE, *left_out, tags=TAGS).success
    assert retrained.forge.head() == head


def test_a_pass_of_another_bundle_is_no_pass(retrained):
    head = retrained.forge.head()
    entry = latest(retrained.instance, UNREACHABLE.key("registry_entry"))
    for asked in asked_of(UNREACHABLE):
        named = {asked.named_by: "sha256:" + "0" * 64} if asked.named_by in entry else {}
        retrained.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=asked.key.asset_key,
                check_name=asked.key.name,
                passed=True,
                metadata=named,
            )
        )
    assert not retrained.run(UNREACHABLE, "staging_release", tags=TAGS).success
    assert retrained.forge.head() == head
