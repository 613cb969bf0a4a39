"""What a person lets MLflow's aliases say is put right from git's records."""

from dataclasses import replace
from pathlib import Path

import pytest

from gitops.conditions import Blocked, Reason, Settled
from gitops.local_forge import LocalForge
from gitops.record import DeploymentRecord
from platform_assets.release.aliases import restore_aliases
from resources.registry import Registry
from tests.support.releases import SEED, digest

PLACES = ("staging", "production")


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    return LocalForge.create(tmp_path / "gitops.git", SEED)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "artifacts")
    for letter in "ab":
        made.register("tiny", "", digest(letter), "file:///x", {})
    return made


def proven(forge: LocalForge, outcome) -> None:
    record = DeploymentRecord("production", "tiny", outcome=outcome)
    head = forge.head()
    record = record.with_proof(head, digest("a"), "1", "now", ())
    forge.write_record(replace(record, attempted=head, applied=head), None)


def test_a_champion_that_somebody_moved_is_moved_back(forge, registry):
    proven(forge, Settled(Reason.HEALTHY, "fine"))
    registry.set_alias("tiny", "champion", "2")
    registry.set_alias("tiny", "mine", "2")
    assert restore_aliases(registry, forge, "tiny", PLACES) == ["champion"]
    assert registry.aliases("tiny") == {"champion": "1", "mine": "2"}
    assert restore_aliases(registry, forge, "tiny", PLACES) == []


def test_while_nothing_is_settled_aliases_stay(forge, registry):
    proven(forge, Blocked(Reason.STALLED, "stuck"))
    registry.set_alias("tiny", "champion", "2")
    assert restore_aliases(registry, forge, "tiny", PLACES) == []
    assert registry.aliases("tiny") == {"champion": "2"}
