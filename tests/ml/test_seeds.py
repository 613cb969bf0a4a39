import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder

from platform_assets.ml.seeds import seeds_fixed
from tests.defs.path import folder


@pytest.mark.parametrize(
    "last",
    [
        LogisticRegression(),
        Ridge(),
        RandomForestClassifier(random_state=0),
        LogisticRegression(solver="saga", random_state=3),
    ],
    ids=str,
)
def test_an_estimator_that_does_the_same_again_passes(last):
    assert seeds_fixed(make_pipeline(last)).passed


@pytest.mark.parametrize(
    "last",
    [
        RandomForestClassifier(),
        HistGradientBoostingClassifier(),
        LogisticRegression(solver="saga"),
        PCA(),
        TargetEncoder(),
        TargetEncoder(cv=KFold(5, shuffle=True)),
    ],
    ids=str,
)
def test_a_seed_that_is_missing_blocks_and_its_step_is_named(last):
    found = seeds_fixed(make_pipeline(last))
    assert found.blocking
    assert type(last).__name__.lower() in found.facts["unseeded"]


def test_steps_inside_of_others_are_looked_at():
    inner = make_pipeline(make_column_transformer((TargetEncoder(), ["country"])), Ridge())
    found = seeds_fixed(inner)
    expected = "columntransformer__targetencoder__random_state of TargetEncoder"
    assert found.facts["unseeded"] == expected


def test_a_splitter_that_has_a_seed_or_does_not_shuffle_passes():
    for cv in (KFold(5), KFold(5, shuffle=True, random_state=0)):
        assert seeds_fixed(make_pipeline(TargetEncoder(cv=cv))).passed


@pytest.mark.parametrize("name", ["fraud", "diabetes"])
def test_the_models_that_are_shipped_have_seeds(name):
    assert seeds_fixed(folder(name).build()).passed
