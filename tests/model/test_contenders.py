"""Who is scored beside the candidate, and with which bytes."""

from dataclasses import replace

import numpy as np
import pytest

from gitops.local_forge import LocalForge
from gitops.record import DeploymentRecord
from platform_assets.ml.figures import CANDIDATE
from platform_assets.ml.gates import CHAMPION
from platform_assets.model.contenders import bundle_scores, champion_digest, contenders
from platform_assets.model.rows import load_rows
from serving.errors import BundleMissing, CorruptFile
from tests.support.releases import SEED, digest


def holdout(workshop, entry):
    version = entry["training_set_version"]
    return load_rows(workshop.lake, workshop.folder, version, "holdout")


def scored(workshop, entry, champion=None):
    rows = holdout(workshop, entry)
    return contenders(workshop.artifacts, workshop.folder, entry, champion, rows)


def test_before_the_first_release_the_baselines_alone_stand_beside(workshop):
    entry = workshop.entry()
    found = scored(workshop, entry)
    assert set(found) == {CANDIDATE, "dummy", "linear"}
    assert {scores.shape for scores in found.values()} == {(80,)}


def test_the_champion_is_scored_on_the_rows_of_today(workshop):
    champion = workshop.entry(seed=1)["bundle_digest"]
    entry = workshop.entry(seed=2)
    found = scored(workshop, entry, champion)
    rows = holdout(workshop, entry)
    again = bundle_scores(workshop.artifacts, workshop.folder, champion, rows.frame)
    np.testing.assert_array_equal(found[CHAMPION], again)
    assert not np.array_equal(found[CHAMPION], found[CANDIDATE])


def test_a_candidate_that_is_the_champion_has_no_rival_in_itself(workshop):
    entry = workshop.entry()
    assert CHAMPION not in scored(workshop, entry, entry["bundle_digest"])


def test_a_champion_whose_bundle_is_gone_is_no_absent_champion(workshop):
    with pytest.raises(BundleMissing, match=r"b{64} is not there"):
        scored(workshop, workshop.entry(), digest("b"))


def test_a_candidate_whose_bundle_was_changed_is_not_scored(workshop):
    entry = workshop.entry()
    folder = workshop.artifacts.bundle_folder("tiny", entry["bundle_digest"])
    (folder / "golden.json").write_bytes(b"{}")
    with pytest.raises(CorruptFile, match=r"golden\.json"):
        scored(workshop, entry)


@pytest.fixture
def forge(tmp_path):
    return LocalForge.create(tmp_path / "gitops.git", SEED)


def proven(forge, named):
    record = DeploymentRecord("production", "tiny", attempted=forge.head())
    return record.with_proof(forge.head(), named, "1", "2026-01-01T00:00:00+00:00", ())


def test_the_champion_is_what_production_has_proven(forge):
    assert champion_digest(forge, "tiny") is None
    forge.write_record(proven(forge, digest("a")), None)
    assert champion_digest(forge, "tiny") == digest("a")


def test_an_attempt_does_not_dethrone_the_champion(forge):
    first = proven(forge, digest("a"))
    forge.write_record(first, None)
    forge.write_record(replace(first, attempted="0" * 40), first)
    assert champion_digest(forge, "tiny") == digest("a")


def test_staging_knows_no_champion_and_a_removed_model_has_none(forge):
    forge.write_record(replace(proven(forge, digest("a")), environment="staging"), None)
    assert champion_digest(forge, "tiny") is None
    forge.write_record(proven(forge, ""), None)
    assert champion_digest(forge, "tiny") is None
