"""Fitted pipelines survive the way to evaluation and bundle, and no pickle is on it."""

import json

import numpy as np
import pytest

from platform_assets.ml.scoring import scores
from platform_assets.model.fitted import KIND, load_facts, load_fitted, publish
from platform_assets.model.rows import load_rows
from resources.errors import ArtifactError
from tests.model.conftest import trained


@pytest.fixture
def learned(workshop):
    return workshop, workshop.candidate()


def test_a_candidate_answers_as_it_did_before_it_was_kept(learned):
    workshop, candidate = learned
    rows = load_rows(workshop.lake, workshop.folder, candidate["training_set_version"], "train")
    before = trained(workshop.folder, rows).model
    kept = load_fitted(workshop.artifacts, workshop.folder, candidate["candidate_key"], "model")
    np.testing.assert_array_equal(
        scores(kept, "binary", rows.features), scores(before, "binary", rows.features)
    )


def test_model_and_baselines_stand_beside_what_is_known_of_them(learned):
    workshop, candidate = learned
    folder = workshop.artifacts.folder(KIND, "tiny", candidate["candidate_key"])
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["dummy.skops", "linear.skops", "model.skops", "training.json"]
    assert all(path.read_bytes()[:2] == b"PK" for path in folder.glob("*.skops"))


def test_the_facts_are_plain_and_whole(learned):
    workshop, candidate = learned
    facts = load_facts(workshop.artifacts, workshop.folder, candidate["candidate_key"])
    assert facts["classes"] == ["0", "1"]
    assert facts["trials"][0]["params"] == {}
    assert facts["parameters"] in [trial["params"] for trial in facts["trials"]]
    assert 0 <= facts["threshold"] <= 1
    assert json.loads(json.dumps(facts)) == facts


def test_a_candidate_that_was_kept_is_not_replaced(learned):
    workshop, candidate = learned
    key = candidate["candidate_key"]
    before = load_facts(workshop.artifacts, workshop.folder, key)
    rows = load_rows(workshop.lake, workshop.folder, candidate["training_set_version"], "train")
    again = trained(workshop.folder, rows)
    publish(workshop.artifacts, workshop.folder, key, again, {}, ["other"])
    assert load_facts(workshop.artifacts, workshop.folder, key) == before


def test_a_candidate_that_was_never_kept_is_named(workshop):
    with pytest.raises(ArtifactError, match=r"candidates/tiny/nowhere/model\.skops cannot be read"):
        load_fitted(workshop.artifacts, workshop.folder, "nowhere", "model")
