"""Drills as Dagster runs them: what is found stands at the asset, and the check decides."""

from dataclasses import replace

import dagster as dg
import pytest

from gitops.local_forge import LocalForge
from gitops.record import DeploymentRecord
from platform_assets.automation import automation, pipeline_job
from platform_assets.component import assets_of
from platform_assets.findings import Findings
from platform_assets.release.stages import DEFAULT
from platform_assets.reproduction.verdict import Outcome, Verdict
from platform_assets.watch.drills.assets import CHECKS, NAMES, drills, told
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Version
from tests.support.releases import SEED, digest
from tests.support.tiny import tiny
from tests.watch.drills.test_restore import settings

__all__ = ["settings"]
LINE = replace(tiny(), name="line")


def practised(kind, resources, raise_on_error=True):
    names = ("settings", "lake", "artifacts", "forge", "registry", "reconciler")
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            drills(LINE, DEFAULT),
            instance=instance,
            selection=[LINE.key(f"{kind}_drill")],
            resources=dict.fromkeys(names, "not asked here") | resources,
            raise_on_error=raise_on_error,
        )


def stores(settings):
    lake, artifacts = Lake(settings.lake), Artifacts(settings.artifacts)
    return {"settings": settings, "lake": lake, "artifacts": artifacts}


def test_what_comes_back_and_what_is_lost_stands_at_the_asset(settings):
    result = practised("restore", stores(settings))
    (event,) = result.asset_materializations_for_node("line__restore_drill")
    found = {name: value.value for name, value in event.metadata.items()}
    assert "staging: bundle: version 1 answers its 2 golden rows" in found["comes_back"]
    assert found["does_not"] == []
    assert any("lost with the state folder" in one for one in found["state"])
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == (CHECKS["restore"], False)
    assert check.severity == dg.AssetCheckSeverity.WARN


def test_what_does_not_come_back_fails_the_check_and_not_the_run(settings):
    settings.artifacts.rename(settings.artifacts.with_name("lost"))
    result = practised("restore", stores(settings))
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert check.description.startswith("staging: bundle: ")


@pytest.mark.parametrize("kind", ["rollback", "reproduce"])
def test_where_nothing_is_live_a_drill_fails_and_says_so(kind, tmp_path):
    forge = LocalForge.create(tmp_path / "git", SEED)
    result = practised(kind, {"forge": forge}, raise_on_error=False)
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    assert "nothing is live in" in failed.step_failure_data.error.cause.message


def test_a_verdict_can_be_kept_by_dagster():
    """An enum in it once ended each reproduce drill after the training."""
    verdict = Verdict(Outcome.EQUAL_DIGEST, "sha256:a", "sha256:a")

    @dg.asset(
        key=LINE.key("reproduce_drill"),
        check_specs=[dg.AssetCheckSpec(CHECKS["reproduce"], asset=LINE.key("reproduce_drill"))],
    )
    def practise():
        return told(LINE, "reproduce", Findings(), verdict.to_dict())

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([practise], instance=instance)
    (event,) = result.get_asset_materialization_events()
    assert event.materialization.metadata["outcome"].value == "equal digest"


class Known:
    """A registry of the versions that it is given."""

    def __init__(self, *versions):
        self._versions = {(one.model, one.digest): one for one in versions}

    def find_version(self, model, digest):
        return self._versions.get((model, digest))


@pytest.fixture
def live(tmp_path):
    """A repository whose record says that a line is live in production."""
    forge = LocalForge.create(tmp_path / "git", SEED)
    record = DeploymentRecord("production", "line")
    forge.write_record(record.with_proof(forge.head(), digest("a"), "3", "t", ()), None)
    return forge


def reproduced(settings, live, registry, **options):
    return practised(
        "reproduce", stores(settings) | {"forge": live, "registry": registry}, **options
    )


def test_a_live_version_that_does_not_name_its_inputs_fails_the_check(settings, live):
    version = Version("line", "3", digest("a"), "run", "file:///b", {})
    (check,) = reproduced(settings, live, Known(version)).get_asset_check_evaluations()
    assert not check.passed
    assert check.description.startswith("line@3 cannot be reproduced: MLflow does not know its")


def test_a_live_version_that_the_registry_does_not_know_fails_the_drill(settings, live):
    result = reproduced(settings, live, Known(), raise_on_error=False)
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    assert digest("a") in failed.step_failure_data.error.cause.message


def test_a_delivery_practises_nothing_and_every_schedule_is_off():
    made = [one for one in assets_of(tiny()) if isinstance(one, dg.AssetsDefinition)]
    selected = pipeline_job(tiny()).selection.resolve(made)
    assert not {tiny().key(name) for name in NAMES} & selected
    schedules = automation(tiny()).schedules or ()
    off = {one.name: one.default_status for one in schedules if "drill" in one.name}
    assert list(off.values()) == [dg.DefaultScheduleStatus.STOPPED] * 3
