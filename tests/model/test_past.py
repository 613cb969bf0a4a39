"""Earlier versions: scored now, on rows that none of them learned from."""

from dataclasses import replace

import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from platform_assets.model.contenders import bundle_scores
from platform_assets.model.past import NO_PAST, Past, changed, cost_of_age
from platform_assets.model.rows import load_rows
from platform_assets.model.seen import TRAINING_SET
from platform_assets.reproduction.verdict import judge
from resources.registry import Version
from serving.bundle import open_bundle
from tests.model.conftest import workshop_at
from tests.support.tiny import tiny


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A workshop with the entries of two candidates; none of the tests changes them."""
    workshop = workshop_at(tmp_path_factory.mktemp("workshop"))
    return workshop, workshop.entry(seed=1), workshop.entry(seed=2)


def version(entry, number, **tags):
    told = {TRAINING_SET: str(entry["training_set_version"]), **tags}
    return Version("tiny", number, entry["bundle_digest"], "run", "", told)


def asked(two, past):
    workshop, _, entry = two
    folder, lake, artifacts = workshop.folder, workshop.lake, workshop.artifacts
    holdout = load_rows(lake, folder, entry["training_set_version"], "holdout")
    score = bundle_scores(artifacts, folder, entry["bundle_digest"], holdout.frame)
    return cost_of_age(folder, lake, artifacts, entry, past, holdout, score), holdout


def test_an_earlier_model_is_asked_on_rows_it_did_not_learn_from(two):
    """Both deliveries number their orders from 0, so most of the holdout counts as seen."""
    workshop, first, _ = two
    found, holdout = asked(two, Past(earlier=[version(first, "1")]))
    table = workshop.lake.read("tiny/training_set", first["training_set_version"]).to_pandas()
    learned = set(table.loc[table["_part"] == "train", "order"])
    assert found.rows == sum(order not in learned for order in holdout.frame["order"])
    assert 0 < found.rows < len(holdout.target)
    assert [one.version for one in found.models] == ["1"]


def test_a_model_without_its_rows_or_bundle_is_left_out_and_named(two):
    _, first, _ = two
    gone = Version("tiny", "0", "sha256:" + "a" * 64, "run", "", {TRAINING_SET: "0"})
    lost = version({**first, "training_set_version": 99}, "1")
    found, _ = asked(two, Past(earlier=[gone, lost]))
    assert set(found.left_out) == {"0", "1"}
    assert found.sentence == "No earlier model can be asked any more."


def doubled(rows):
    return rows * 2


def with_a_step_of_its_own():
    own = make_column_transformer(
        (OneHotEncoder(), ["channel"]), (FunctionTransformer(doubled), ["amount"])
    )
    return make_pipeline(own, LogisticRegression())


def test_earlier_models_of_types_that_the_model_trusts_are_asked_and_compared(tmp_path):
    named = f"{__name__}.doubled"
    asking = tiny(serving={"trusted_types": [named]}, search={"trials": 1})
    trusting = replace(asking, build=with_a_step_of_its_own)
    workshop = replace(workshop_at(tmp_path), folder=trusting)
    first, second = workshop.entry(seed=1), workshop.entry(seed=2)
    found, holdout = asked((workshop, first, second), Past(earlier=[version(first, "1")]))
    assert [one.version for one in found.models] == ["1"]
    digests = [one["bundle_digest"] for one in (first, second)]
    bundles = [open_bundle(workshop.artifacts.bundle_folder("tiny", one), one) for one in digests]
    assert named in bundles[0].trusted
    assert judge(*bundles, holdout.frame, {}, [named]).rows == len(holdout.frame)


def test_without_a_past_there_is_nothing_to_ask(two):
    found, holdout = asked(two, NO_PAST)
    assert (found.models, found.rows) == ([], len(holdout.target))


def test_what_changed_against_the_champion_is_named(two):
    workshop, first, second = two
    past = Past(version(second, "2"), version(first, "1"))
    found = {one.name for one in changed(workshop.folder, workshop.lake, workshop.artifacts, past)}
    assert {"version", "training set"} <= found
    assert "features" not in found
    assert changed(workshop.folder, workshop.lake, workshop.artifacts, NO_PAST) == []
