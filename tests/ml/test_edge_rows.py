import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from platform_assets.ml.edge_rows import BEYOND, edge_rows
from platform_assets.ml.split_points import split_points
from serving.signature import Column, Signature
from tests.ml.examples import example, signature
from tests.ml.test_export import CONVERTIBLE

SPLITS, NEARER = "both sides of splits", "nearer to a split than 32 bits tell"
X = Signature(
    model="toy", task="regression", columns=(Column(name="x", type="float", nullable=False),)
)


def edges(case="binary forest", asked=None):
    task = case.split()[0]
    made = edge_rows(CONVERTIBLE[case](), asked or signature(task), example(task)[0])
    return {one.kind: one for one in made}


def stump(*before, cut=0.1):
    """A tree of one split between two numbers, behind other steps."""
    rows = pd.DataFrame({"x": [cut - 0.5, cut + 0.5]})
    return make_pipeline(*before, DecisionTreeRegressor()).fit(rows, [0, 1]), rows


def test_each_nullable_column_is_missing_once_and_all_of_them_together():
    rows = edges()["nulls"].rows
    assert rows["age"].isna().all()
    assert rows[["amount", "country"]].notna().all(axis=None)


def test_each_allowed_category_is_asked_even_if_training_never_saw_it():
    columns = (
        *signature("binary").columns[:2],
        Column(name="country", type="string", nullable=False, categories=("de", "fr", "jp", "xx")),
    )
    asked = signature("binary").model_copy(update={"columns": columns})
    made = edges(asked=asked)
    assert set(made["categories"].rows["country"]) == {"de", "fr", "jp", "xx"}
    assert "unseen text" not in made


def test_free_text_is_asked_with_what_training_saw_and_with_what_it_did_not():
    free = Column(name="country", type="string", nullable=False)
    columns = (*signature("binary").columns[:2], free)
    made = edges(asked=signature("binary").model_copy(update={"columns": columns}))
    assert set(made["categories"].rows["country"]) == {"de", "fr", "jp"}
    assert "" in set(made["unseen text"].rows["country"])


def test_numbers_go_to_the_ends_of_training_and_to_the_last_32_bit_float():
    made = edges()
    seen = example("binary")[0]["amount"]
    ends, beyond = (
        set(made[kind].rows["amount"]) for kind in ("ends of the training range", BEYOND)
    )
    assert {seen.min(), seen.max(), 0.0} <= ends
    assert max(beyond) == -min(beyond) == float(np.finfo(np.float32).max)
    assert any(
        np.signbit(value) and value == 0
        for value in made["ends of the training range"].rows["amount"]
    )


@pytest.mark.parametrize("kind", ["integer", "boolean"])
def test_whole_numbers_and_flags_are_asked_as_what_they_are(kind):
    asked = X.model_copy(update={"columns": (Column(name="x", type=kind, nullable=False),)})
    rows = pd.DataFrame({"x": np.arange(20) % 2 if kind == "boolean" else np.arange(20)})
    pipeline = make_pipeline(DecisionTreeRegressor()).fit(rows, np.arange(20))
    for one in edge_rows(pipeline, asked, rows):
        asked.arrays({"x": one.rows["x"].astype(kind.replace("eger", "")[:4]).tolist()})
        assert (one.rows["x"] % 1 == 0).all()


def test_what_is_asked_is_what_the_door_lets_in():
    for one in edges().values():
        columns = {name: one.rows[name].tolist() for name in one.rows}
        signature("binary").arrays(columns)


def test_a_split_is_met_exactly_and_by_the_next_numbers_that_can_be_told_apart():
    pipeline, rows = stump()
    at = pipeline[-1].tree_.threshold[0]
    made = {one.kind: one for one in edge_rows(pipeline, X, rows)}
    beside, nearer = set(made[SPLITS].rows["x"]), made[NEARER]
    near = np.float32(at)
    assert {at, float(str(np.nextafter(near, np.float32(9)))), *rows["x"]} <= beside
    assert float(near) not in beside - {at}
    assert set(nearer.rows["x"]) >= {np.nextafter(at, 9), float(near)}
    assert (nearer.rows["x"].astype(np.float32) == near).all()
    assert (nearer.split["x"] == at).all()


@pytest.mark.parametrize(
    "last",
    [
        DecisionTreeRegressor(),
        RandomForestRegressor(3, bootstrap=False),
        HistGradientBoostingRegressor(max_iter=2, min_samples_leaf=1),
    ],
)
def test_splits_are_found_in_every_kind_of_tree(last):
    rows = pd.DataFrame({"x": np.repeat([1.0, 3.0], 20)})
    pipeline = make_pipeline(last).fit(rows, rows["x"] ** 2)
    assert [(one.at, one.rows) for one in split_points(pipeline, rows, ["x"], 9)] == [
        (pytest.approx(2), (19, 20))
    ]


@pytest.mark.parametrize("frozen", [False, True])
def test_splits_are_found_inside_a_calibration(frozen):
    rows = pd.DataFrame({"x": np.repeat([1.0, 3.0], 20)})
    tree = DecisionTreeClassifier().fit(rows.to_numpy(), rows["x"] > 2)
    inner = FrozenEstimator(tree) if frozen else DecisionTreeClassifier()
    pipeline = make_pipeline("passthrough", CalibratedClassifierCV(inner, cv=2))
    pipeline.fit(rows.to_numpy(), rows["x"] > 2)
    assert [one.at for one in split_points(pipeline, rows, ["x"], 9)] == [2.0]


def test_a_split_behind_a_scaler_is_told_in_the_unit_of_the_raw_column():
    pipeline, rows = stump(StandardScaler(), cut=7.0)
    (found,) = split_points(pipeline, rows, ["x"], 9)
    assert found.at == pytest.approx(7.0)


def test_a_split_behind_a_curve_is_not_guessed():
    pipeline, rows = stump(FunctionTransformer(np.exp))
    assert split_points(pipeline, rows, ["x"], 9) == []


def test_text_that_is_passed_on_is_no_number_to_split():
    rows = pd.DataFrame({"x": [1.0, 2.0], "word": ["a", "b"]})
    only = make_column_transformer(("passthrough", ["x"]))
    pipeline = make_pipeline(only, DecisionTreeRegressor()).fit(rows, [0, 1])
    assert [one.column for one in split_points(pipeline, rows, ["x"], 9)] == ["x"]


def test_of_many_splits_those_are_taken_that_are_spread_over_all():
    rows = pd.DataFrame({"x": np.arange(100.0)})
    pipeline = make_pipeline(DecisionTreeRegressor()).fit(rows, rows["x"])
    assert [one.at for one in split_points(pipeline, rows, ["x"], 3)] == [0.5, 49.5, 98.5]


def test_a_model_without_trees_has_no_splits():
    assert SPLITS not in edges("binary linear")


def test_a_column_without_any_number_is_asked_for_zero():
    rows = pd.DataFrame({"x": [np.nan, np.nan]})
    pipeline = make_pipeline(Ridge()).fit(rows.fillna(0), [0, 1])
    made = {one.kind: one.rows for one in edge_rows(pipeline, X, rows)}
    assert 0.0 in set(made["ends of the training range"]["x"])


def test_the_same_rows_make_the_same_edges():
    first, second = edges(), edges()
    assert first.keys() == second.keys()
    for kind, one in first.items():
        pd.testing.assert_frame_equal(one.rows, second[kind].rows)
