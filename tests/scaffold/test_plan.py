"""The task, the figures and the estimator that a table asks for."""

import numpy as np
import pytest

from tests.scaffold.examples import flats, flowers, people, planned, saved

CODES = np.arange(300) % 3


def target(tmp_path, values, **asked):
    return planned(saved(tmp_path, flowers().assign(y=values)), "y", **asked).target


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (np.where(CODES, "yes", "no"), "binary"),
        (CODES > 0, "binary"),
        (np.where(CODES, 1.0, 0.0), "binary"),
        (CODES, "multiclass"),
        (CODES + 1, "multiclass"),
        (np.where(np.arange(300) % 9, CODES, np.nan), "multiclass"),
        (CODES + 3, "regression"),
        (np.arange(300) / 7, "regression"),
        (np.array(["a", "b", "c"])[CODES], "multiclass"),
    ],
)
def test_the_task_is_told_from_the_target(tmp_path, values, task):
    assert target(tmp_path, values).task == task


def test_a_task_that_is_asked_for_wins(tmp_path):
    assert target(tmp_path, CODES, task="regression").task == "regression"
    assert target(tmp_path, CODES + 3, task="multiclass").task == "multiclass"


@pytest.mark.parametrize(
    ("values", "metric"),
    [
        (np.arange(300) % 2, "roc_auc"),
        (np.arange(300) % 20 == 0, "average_precision"),
        (CODES, "accuracy"),
        (np.where(np.arange(300) % 8, 0, CODES), "balanced_accuracy"),
        (np.arange(300) / 7, "mae"),
    ],
)
def test_the_metric_is_fair_where_a_class_is_rare(tmp_path, values, metric):
    assert target(tmp_path, values).metric == metric


def test_the_positive_class_is_the_second_in_order(tmp_path):
    plan = planned(saved(tmp_path, people()), "income")
    assert list(plan.target.classes) == ["<=50K", ">50K"]


def test_few_rows_get_a_linear_model_and_many_get_trees(tmp_path):
    assert planned(saved(tmp_path, flowers(300)), "kind").family == "linear"
    assert planned(saved(tmp_path, flowers(1200)), "kind").family == "trees"


def test_a_target_with_values_far_out_gets_trees_that_do_not_mind(tmp_path):
    amount = np.where(np.arange(300) % 100, np.arange(300.0), 1e9)
    plan = planned(saved(tmp_path, flowers().assign(y=amount)), "y")
    assert plan.target.has_far_values
    assert plan.family == "trees"


def test_names_are_found_without_their_spaces(tmp_path):
    frame = flats().rename(columns={"let on": " let on "})
    plan = planned(saved(tmp_path, frame, sep=";"), "rent", time="let on", id="id")
    assert (plan.time, plan.id) == (" let on ", "id")
    assert plan.features == ("Größe", "district")


def test_names_that_no_table_can_carry_are_left_out(tmp_path):
    frame = flowers().assign(COLOUR=1.5, _row=range(300)).reset_index(names="")
    plan = planned(saved(tmp_path, frame), "kind")
    assert plan.left_out["COLOUR"] == "differs from another name in capitals alone"
    assert plan.left_out["_row"] == "has a name that Slipway's own tables use"
    assert plan.left_out[""] == "has no name"
    assert {"COLOUR", "_row", ""}.isdisjoint(plan.columns)
