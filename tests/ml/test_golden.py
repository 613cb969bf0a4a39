import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from platform_assets.ml.export import columns, export, scorer
from platform_assets.ml.golden import ROWS, golden_rows
from serving.signature import Column, Signature
from tests.ml.examples import example, signature
from tests.ml.test_export import CONVERTIBLE

AMOUNT = Signature(
    model="toy", task="regression", columns=(Column(name="amount", type="float", nullable=False),)
)


def golden(task="binary", rows=400):
    features, _ = example(task, rows)
    case = {"binary": "binary boosting", "multiclass": "multiclass linear"}[task]
    found = export(CONVERTIBLE[case](), signature(task), features, features, 1e-4)
    return found, features, golden_rows(found, features)


def test_golden_rows_reach_from_the_lowest_to_the_highest_score():
    found, features, picked = golden()
    answers = scorer(found).score(columns(features, found.signature))
    assert (min(picked.scores), max(picked.scores)) == (answers.min(), answers.max())
    assert any(0.3 < score < 0.7 for score in picked.scores)
    assert ROWS // 2 < len(picked.rows) <= ROWS


def test_some_golden_rows_have_gaps_when_the_data_does():
    assert any(row["age"] is None for row in golden()[2].rows)


def test_golden_rows_are_plain_values_that_a_request_may_carry():
    found, _, picked = golden()
    assert {type(value) for row in picked.rows for value in row.values()} == {
        float,
        str,
        type(None),
    }
    found.signature.arrays(found.signature.columns_of(picked.rows))


def test_golden_scores_of_several_classes_are_one_list_a_row():
    _, _, picked = golden("multiclass")
    assert {len(score) for score in picked.scores} == {3}


@pytest.mark.parametrize("rows", [1, 3])
def test_fewer_rows_than_wanted_are_all_taken_once(rows):
    assert len(golden(rows=rows)[2].rows) == rows


def test_the_tolerance_grows_with_the_scores():
    features, target = example("regression")
    features = features[["amount"]]
    for scale in (0.001, 1000):
        pipeline = make_pipeline(StandardScaler(), Ridge()).fit(features, target * scale)
        found = export(pipeline, AMOUNT, features, features, 1)
        expected = 1e-5 * max(1, np.abs(pipeline.predict(features)).max())
        assert golden_rows(found, features).tolerance == pytest.approx(expected, rel=1e-3)


def test_integers_and_booleans_stay_what_they_are():
    features, target = example("binary")
    given = features[[]].assign(hour=features["amount"] // 5, night=features["amount"] > 50)
    kinds = (
        Column(name="hour", type="integer", nullable=False),
        Column(name="night", type="boolean", nullable=False),
    )
    asked = Signature(model="toy", task="binary", columns=kinds, classes=("no", "yes"))
    pipeline = make_pipeline(LogisticRegression()).fit(given.astype(float), target)
    row = golden_rows(export(pipeline, asked, given, given, 1e-4), given).rows[0]
    assert (type(row["hour"]), type(row["night"])) == (int, bool)
