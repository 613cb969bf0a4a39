"""The pictures of a report."""

import numpy as np
import pytest

from platform_assets.ml.figures import measure
from platform_assets.ml.plots import confusion, plots
from platform_assets.ml.report import render_report
from tests.ml.report_facts import CLASSES, PLOTS, PNG, facts, holdout


@pytest.mark.parametrize("task", PLOTS)
def test_every_task_has_its_pictures_and_they_are_small(task):
    drawn = facts(task).plots
    assert [plot.name for plot in drawn] == PLOTS[task]
    assert all(plot.png.startswith(PNG) for plot in drawn)
    assert max(len(plot.png) for plot in drawn) < 100_000


def test_the_same_figures_give_the_same_pictures_and_the_same_page():
    again = facts.__wrapped__()
    assert [plot.png for plot in again.plots] == [plot.png for plot in facts().plots]
    assert render_report(again) == render_report(facts())


def test_without_groups_there_is_no_picture_of_them():
    y, models = holdout("binary")
    figures = measure("binary", y, models["candidate"], {"dummy": models["dummy"]}, samples=20)
    drawn = plots("binary", y, models, CLASSES["binary"], figures, [], "brier")
    assert [plot.name for plot in drawn] == PLOTS["binary"][:-1]


@pytest.mark.parametrize(("threshold", "given"), [(0.0, 1), (1.1, 0)])
def test_a_binary_confusion_counts_as_positive_what_reaches_the_threshold(threshold, given):
    y, models = holdout("binary")
    figures = measure("binary", y, models["candidate"], {}, samples=5)
    drawn = plots("binary", y, models, CLASSES["binary"], figures, [], "brier", threshold)
    rule = f", positive from {threshold:.3g} on"
    assert confusion(y, np.full(len(y), given), CLASSES["binary"], rule) in drawn


def test_many_classes_are_still_one_small_picture():
    draw = np.random.default_rng(0)
    y, score = draw.integers(0, 30, 900), draw.dirichlet(np.ones(30), 900)
    figures = measure("multiclass", y, score, {}, samples=5)
    names = [f"class {number}" for number in range(30)]
    drawn = plots("multiclass", y, {"candidate": score}, names, figures, [], "accuracy")
    assert max(len(plot.png) for plot in drawn) < 100_000


def test_a_picture_is_shown_with_two_of_its_dots_to_a_pixel_and_no_larger():
    """A confusion of two classes was stretched to the width of its column, and blurred."""
    (shown,) = [plot for plot in facts("binary").plots if plot.name == "confusion"]
    assert shown.width == 356
    assert f'<img width="{shown.width}" src="data:image/png' in render_report(facts("binary"))
