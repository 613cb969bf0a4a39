"""What a page says on top: its verdict, its main figure and what to beware of."""

import re
from dataclasses import replace

import numpy as np
import pytest

from platform_assets.ml.gates import judge
from platform_assets.ml.intervals import Interval
from platform_assets.ml.report import best_trial, render_report
from platform_assets.spec import Beat, Floor
from tests.ml.report_facts import facts, words


def test_a_page_opens_with_its_verdict_and_its_main_figure():
    text = words(render_report(facts()))
    assert "Fit for release: 1 of 1 gates pass." in text
    assert re.search(r"average_precision is 0\.\d+ \(0\.\d+ to [\d.]+\) on 600 held-out rows", text)
    assert "better than champion" in text


def test_a_page_names_the_gates_that_fail():
    gates = [Floor(metric="brier", reach=0.0), Beat(metric="roc_auc", beat="dummy")]
    text = words(render_report(replace(facts(), gates=judge(gates, facts().figures))))
    assert "Not fit for release: 1 of 2 gates fail (brier_reaches)." in text
    assert "brier_reaches brier is 0." in text


def test_a_page_calls_what_cannot_be_told_inconclusive_and_asks_for_rows():
    settled = facts().gates[0]
    unsure = replace(settled, outcome="inconclusive", rows_needed=2400)
    page = render_report(replace(facts(), gates=[settled, unsure]))
    told = "Inconclusive: 1 of 2 gates cannot be told (average_precision_beats_dummy); "
    assert told + "more data needed, about 2,400 rows in the holdout (now 600)." in words(page)
    assert "<title>toy: inconclusive</title>" in page


def test_a_page_promises_nothing_of_more_rows_where_they_would_not_tell():
    settled = facts().gates[0]
    unsure = replace(settled, outcome="inconclusive", rows_needed=None)
    text = words(render_report(replace(facts(), gates=[unsure])))
    assert "a figure is too close to what is asked for that more rows would tell." in text


def test_a_page_without_a_gate_is_not_fit_for_release():
    page = render_report(replace(facts(), gates=[]))
    assert "Not fit for release: no gate was judged." in words(page)
    assert "<title>toy: not fit for release</title>" in page


def test_a_page_says_that_there_is_no_champion_yet():
    assert "there is no other champion" in words(render_report(facts(champion=False)))


def test_a_page_warns_of_few_rows():
    text = words(render_report(facts("regression", rows=80)))
    assert "The holdout has 80 rows only" in text
    assert "rows only" not in words(render_report(facts("regression")))


def test_a_page_warns_of_a_group_that_is_clearly_worse():
    given = facts("regression")
    weak = replace(given.slices[0], figure=replace(given.slices[0].figure, value=9, low=8, high=10))
    text = words(render_report(replace(given, slices=[weak])))
    assert "The model is clearly worse where half is" in text


def test_a_page_warns_of_groups_on_which_nothing_is_known():
    given = facts("regression")
    unknown = replace(given.slices[0].figure, value=np.nan, low=np.nan, high=np.nan)
    groups = [given.slices[0], replace(given.slices[0], figure=unknown)]
    text = words(render_report(replace(given, slices=groups)))
    assert f"{given.metric} is undefined on 1 of 2 groups of rows." in text


def test_a_page_warns_of_a_model_that_is_served_slowly():
    warning = "takes milliseconds for a row"
    assert warning in words(render_report(replace(facts(), runtime="skops")))
    assert warning not in words(render_report(facts()))


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (Interval(0.1, 0.05, 0.15), "0.1 (0.05 to 0.15) better than dummy"),
        (Interval(-0.1, -0.15, -0.05), "0.1 (0.05 to 0.15) worse than dummy"),
        (Interval(0.1, -0.05, 0.25), "no better or worse than dummy beyond chance"),
    ],
)
def test_a_page_calls_better_or_worse_only_what_is_beyond_chance(interval, said):
    given = facts(champion=False)
    beside = {"dummy": {**given.figures.improvements["dummy"], given.metric: interval}}
    figures = replace(given.figures, improvements={**given.figures.improvements, **beside})
    assert said in words(render_report(replace(given, figures=figures)))


def test_without_trials_none_was_the_best():
    assert best_trial(replace(facts(), trials=[])) == -1


@pytest.mark.parametrize(("task", "best"), [("binary", 1), ("regression", 0)])
def test_the_best_trial_is_the_one_in_the_metrics_better_direction(task, best):
    assert best_trial(facts(task)) == best
