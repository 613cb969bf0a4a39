import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from platform_assets.ml.edge_rows import BEYOND, EdgeRows
from platform_assets.ml.export import export
from platform_assets.ml.parity import Bound, compare, wrong
from serving.signature import Column, Signature
from tests.ml.examples import example, signature
from tests.ml.test_export import CONVERTIBLE, exported, scaled_trees, trees

USUAL = Bound(0.1, 1.0)


def rows(*values):
    return pd.DataFrame({"x": [float(value) for value in values]})


def plain(frame):
    return frame["x"].to_numpy()


def refusing(frame):
    if (frame["x"] > 5).any():
        raise ValueError("too large")
    return frame["x"].to_numpy()


def ask(truth, runtime, *values, kind="nulls", bound=USUAL, split=None, name="onnx"):
    return compare(EdgeRows(kind, rows(*values), split), truth, runtime, bound, name)


def found(pipeline, frame, target, *columns, tolerance=1e-4):
    asked = Signature(model="toy", task="regression", columns=columns)
    return export(pipeline.fit(frame, target), asked, frame, frame, tolerance)


def test_the_largest_difference_and_the_rows_beyond_it_are_told():
    told = ask(plain, lambda frame: plain(frame) + np.array([0, 0.05, 0.6]), 1, 2, 3)
    assert (told.rows, told.over) == (3, 1)
    assert told.largest == pytest.approx(0.2)


def test_rows_that_scikit_learn_refuses_are_counted_and_left_out():
    told = ask(refusing, plain, 1, 9, 2, 8, 3)
    assert (told.refused, told.over, told.unanswered) == (2, 0, 0)


def test_a_row_that_the_runtime_alone_refuses_is_wrong():
    told = ask(plain, refusing, 1, 9)
    assert (told.unanswered, told.over) == (1, 1)
    assert "by having no answer on 1 of 2 rows" in wrong([told], 0.1)


def test_far_beyond_training_a_refusal_is_an_answer():
    told = ask(plain, refusing, 1, 9, kind=BEYOND)
    assert (told.unanswered, told.over) == (1, 0)
    assert wrong([told], 0.1) == ""


def test_a_number_no_different_from_a_split_may_be_answered_as_the_split():
    def truth(frame):
        return (frame["x"] > 1).to_numpy(float)

    def always(value):
        return lambda frame: np.full(len(frame), float(value))

    near = {"split": rows(1), "kind": "nearer"}
    assert ask(truth, always(0), 1 + 1e-12, **near).rounded == 1
    assert ask(truth, always(1), 1 + 1e-12, **near).rounded == 0
    assert ask(truth, always(2), 1 + 1e-12, **near).over == 1
    assert ask(truth, always(0), 1 + 1e-12, **near, name="skops").over == 1


def test_the_bound_of_a_regression_grows_beyond_its_usual_scores():
    bound = Bound.of("regression", 0.1, np.array([-10.0, 2.0]))
    assert bound == Bound(0.1, 10.0)
    off = bound.off(np.array([[5.2], [1e6 + 5]]), np.array([[5.0], [1e6]]))
    assert off.tolist() == pytest.approx([0.2, 5e-5])
    assert Bound.of("binary", 0.1, np.array([0.3])).usual == 1.0
    assert Bound.of("regression", 0.1, np.array([0.0])).usual == 1.0


@pytest.mark.parametrize("case", CONVERTIBLE)
def test_what_is_served_by_onnx_was_right_on_every_kind_of_edge(case):
    parity = exported(case.split()[0], CONVERTIBLE[case]()).parity
    assert parity[0].kind == "holdout"
    assert {"nulls", "categories", "ends of the training range", BEYOND} <= {p.kind for p in parity}
    assert [(one.over, one.refused) for one in parity] == [(0, 0)] * len(parity)
    assert max(one.largest for one in parity) < 1e-4


def test_what_onnx_was_wrong_on_stays_on_record_when_skops_serves():
    parity = exported("binary", scaled_trees()).parity
    served, tried = ([p for p in parity if p.runtime == name] for name in ("skops", "onnx"))
    assert [one.kind for one in served] == [one.kind for one in tried]
    assert max(one.largest for one in served) == 0
    assert tried[0].over > 0


def test_gaps_that_the_holdout_lacks_are_found_among_the_edges():
    pipeline = trees("binary", RandomForestRegressor(5, random_state=0))
    whole, seen = (example("binary", seed=seed)[0] for seed in (1, 0))
    regression = signature("regression")
    told = export(pipeline, regression, whole.dropna(), seen, 1e-4)
    assert (told.runtime, told.parity[0].kind) == ("skops", "holdout")
    tried = {one.kind: one.over for one in told.parity if one.runtime == "onnx"}
    assert tried["holdout"] == 0 < tried["nulls"]


def test_an_empty_text_is_not_taken_for_a_missing_one():
    """ONNX has one text for both, and scikit-learn knows two."""
    frame = pd.DataFrame({"word": ["a", "b", np.nan] * 20})
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["word"]))
    word = Column(name="word", type="string", nullable=True)
    told = found(make_pipeline(encoder, Ridge()), frame, np.arange(60) % 3, word)
    assert (told.runtime, "unseen text" in told.reason) == ("skops", True)


def test_whole_numbers_that_32_bits_cannot_tell_apart_keep_a_tree_from_onnx():
    frame = pd.DataFrame({"x": np.r_[2.0**25 + 1, 2.0**25 + 2, 2.0**25 + 3].repeat(20)})
    model = make_pipeline(HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=1))
    column = Column(name="x", type="integer", nullable=False)
    told = found(model, frame, np.arange(60) // 20, column)
    assert (told.runtime, "ONNX differs" in told.reason) == ("skops", True)


def test_a_scaled_tree_that_agrees_on_the_holdout_is_found_at_its_splits():
    frame = pd.DataFrame({"x": np.arange(1.0, 60.0) / 7 + 1000})
    model = make_pipeline(StandardScaler(), PolynomialFeatures(1), DecisionTreeRegressor())
    told = found(model, frame, frame["x"] % 3, Column(name="x", type="float", nullable=False))
    tried = {one.kind: one.over for one in told.parity if one.runtime == "onnx"}
    assert tried["holdout"] == 0 < tried["both sides of splits"]


def test_a_linear_model_agrees_up_to_the_last_number():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    frame, target = example("binary")
    asked = Signature(
        model="toy", task="binary", classes=("no", "yes"),
        columns=(Column(name="amount", type="float", nullable=False),),
    )  # fmt: skip
    told = export(model.fit(frame[["amount"]], target), asked, frame, frame, 1e-4)
    assert (told.runtime, {one.over for one in told.parity}) == ("onnx", {0})
