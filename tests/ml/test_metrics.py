import math

import numpy as np
import pytest
from sklearn import metrics as sk

from platform_assets.ml.metrics import evaluate, metric, metric_names

DRAW = np.random.default_rng(3)
Y = (DRAW.random(500) < 0.2).astype(int)
SCORE = np.round(DRAW.random(500) * 0.6 + Y * 0.3, 2)
WEIGHT = DRAW.integers(0, 4, 500).astype(float)
CLASS = DRAW.integers(0, 3, 400)
SHARES = DRAW.dirichlet([1, 1, 1], 400) * 0.5 + np.eye(3)[CLASS] * 0.5
MEASURED = DRAW.normal(10, 3, 300)
GUESSED = MEASURED + DRAW.normal(0, 1, 300)

OURS_AND_THEIRS = [
    ("binary", "average_precision", sk.average_precision_score),
    ("binary", "roc_auc", sk.roc_auc_score),
    ("binary", "brier", sk.brier_score_loss),
    ("binary", "log_loss", sk.log_loss),
    ("regression", "mae", sk.mean_absolute_error),
    ("regression", "rmse", sk.root_mean_squared_error),
    ("regression", "r2", sk.r2_score),
    ("multiclass", "log_loss", sk.log_loss),
]
LABELS_AND_THEIRS = [
    ("accuracy", sk.accuracy_score),
    ("balanced_accuracy", sk.balanced_accuracy_score),
    ("macro_f1", lambda y, p, **kw: sk.f1_score(y, p, average="macro", **kw)),
]


def example(task):
    rows = {"binary": (Y, SCORE), "multiclass": (CLASS, SHARES), "regression": (MEASURED, GUESSED)}
    return rows[task]


@pytest.mark.parametrize(("task", "name", "theirs"), OURS_AND_THEIRS)
def test_a_metric_agrees_with_scikit_learn(task, name, theirs):
    y, score = example(task)
    assert metric(task, name)(y, score) == pytest.approx(theirs(y, score))


@pytest.mark.parametrize(("task", "name", "theirs"), OURS_AND_THEIRS)
def test_a_metric_agrees_with_scikit_learn_on_weighted_rows(task, name, theirs):
    y, score = example(task)
    weight = np.resize(WEIGHT, len(y))
    ours = metric(task, name).prepare(y, score)(weight)
    assert ours == pytest.approx(theirs(y, score, sample_weight=weight))


@pytest.mark.parametrize(("name", "theirs"), LABELS_AND_THEIRS)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_metric_on_labels_agrees_with_scikit_learn(name, theirs, weighted):
    weight = np.resize(WEIGHT, len(CLASS)) if weighted else np.ones(len(CLASS))
    ours = metric("multiclass", name).prepare(CLASS, SHARES)(weight)
    assert ours == pytest.approx(theirs(CLASS, SHARES.argmax(axis=1), sample_weight=weight))


def test_a_class_that_only_the_truth_knows_lowers_macro_f1():
    always_first = np.tile([1.0, 0.0], (4, 1))
    assert metric("multiclass", "macro_f1")([0, 0, 1, 1], always_first) == pytest.approx(1 / 3)


def test_recall_at_the_top_counts_the_positives_in_the_highest_percent():
    y = np.zeros(1000)
    y[:20] = 1
    score = np.linspace(1, 0, 1000)
    assert metric("binary", "recall_at_top_1pct")(y, score) == pytest.approx(0.5)


def test_recall_at_the_top_of_equal_scores_is_that_of_a_blind_choice():
    y = np.repeat([0, 1], [900, 100])
    assert metric("binary", "recall_at_top_1pct")(y, np.full(1000, 0.3)) == pytest.approx(0.01)


def test_average_precision_of_equal_scores_is_the_share_of_positives():
    assert metric("binary", "average_precision")(Y, np.full(500, 0.3)) == pytest.approx(Y.mean())


@pytest.mark.parametrize("name", ["average_precision", "roc_auc", "recall_at_top_1pct"])
def test_a_ranking_without_positives_is_undefined_rather_than_zero(name):
    assert math.isnan(metric("binary", name)(np.zeros(5), np.linspace(0, 1, 5)))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("spoilt", [np.nan, np.inf])
def test_a_score_that_is_no_number_makes_every_metric_undefined(task, spoilt):
    y, score = example(task)
    score = score.copy()
    score[7] = spoilt
    assert all(math.isnan(value) for value in evaluate(task, y, score).values())


def test_no_rows_make_every_metric_undefined():
    values = evaluate("regression", np.empty(0), np.empty(0))
    assert all(math.isnan(value) for value in values.values())


def test_r2_of_a_constant_target_is_undefined():
    assert math.isnan(metric("regression", "r2")(np.ones(4), np.zeros(4)))


def test_evaluate_gives_the_metrics_asked_for():
    assert list(evaluate("binary", Y, SCORE)) == list(metric_names("binary"))
    assert list(evaluate("binary", Y, SCORE, ["brier"])) == ["brier"]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_metric_says_better_for_a_better_model(task):
    y, score = example(task)
    worse = score[DRAW.permutation(len(score))]
    for name in metric_names(task):
        one = metric(task, name)
        assert one.improvement(one(y, score), one(y, worse)) > 0, name


@pytest.mark.parametrize(
    ("values", "highest", "lowest"),
    [
        ([0.2, 0.9, 0.1], 1, 2),
        ([0.5, 0.5], 0, 0),
        ([math.nan, 0.1, 0.9], 2, 1),
        ([math.inf, 0.3], 1, 1),
        ([-math.inf, 0.3], 1, 1),
        ([math.nan, math.nan], 0, 0),
    ],
)
def test_the_best_is_the_first_of_the_best_and_never_an_undefined_one(values, highest, lowest):
    assert metric("binary", "roc_auc").best(values) == highest
    assert metric("binary", "brier").best(values) == lowest


def test_an_unknown_metric_has_no_value():
    with pytest.raises(KeyError, match="auc_roc"):
        metric("binary", "auc_roc")
