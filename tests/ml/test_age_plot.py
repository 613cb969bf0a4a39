"""The picture of what age costs, as bytes and as a place on the page."""

from dataclasses import replace

import pytest

from platform_assets.ml.age_plot import age_axes, age_plots
from platform_assets.ml.intervals import Interval
from platform_assets.ml.report import render_report
from platform_assets.ml.staleness import Stale, Staleness
from tests.ml.report_facts import PNG, facts, words

COST = Interval(0.1, 0.05, 0.15)
NOW = Interval(0.75, 0.7, 0.8)
UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


def old(version, days, figure=0.6):
    return Stale(version, days, Interval(figure, figure - 0.1, figure + 0.1), COST)


def told(*models, candidate=NOW):
    return Staleness(models, 500, {}, "Version 1 would cost 0.1.", candidate)


def dots(axes):
    """Where each model stands, and its figure."""
    return {
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.lines
        if line.get_marker() == "o"
    }


def test_models_stand_at_their_age_beside_the_candidate():
    axes = age_axes(told(old("2", 7.0), old("1", 30.0, 0.5)), "accuracy")
    assert dots(axes) == {(0.0, 0.75), (7.0, 0.6), (30.0, 0.5)}
    assert axes.get_xlabel() == "days older than the candidate"


def test_the_interval_of_each_model_is_drawn():
    axes = age_axes(told(old("1", 30.0)), "accuracy")
    spans = [list(line.get_ydata()) for line in axes.lines if line.get_linewidth() == 3]
    assert spans == [[0.7, 0.8], [0.5, 0.7]]


@pytest.mark.parametrize("days", [(None, None), (0.0, 3.0), (3.0, 3.0)])
def test_models_that_days_do_not_tell_apart_stand_in_turn(days):
    axes = age_axes(told(old("2", days[0]), old("1", days[1])), "accuracy")
    assert {place for place, _ in dots(axes)} == {0.0, 1.0, 2.0}
    named = [tick.get_text() for tick in axes.get_xticklabels()]
    assert named == ["candidate", "version 2", "version 1"]


def test_a_model_without_a_figure_is_left_out():
    axes = age_axes(told(old("2", 7.0), replace(old("1", 30.0), figure=UNKNOWN)), "accuracy")
    assert dots(axes) == {(0.0, 0.75), (7.0, 0.6)}


@pytest.mark.parametrize(
    "found",
    [
        told(),
        told(old("1", 3.0), candidate=None),
        told(old("1", 3.0), candidate=UNKNOWN),
        told(replace(old("1", 3.0), figure=UNKNOWN)),
    ],
)
def test_without_figures_there_is_no_picture(found):
    assert age_plots(found, "accuracy") == []


def test_the_same_figures_give_the_same_picture():
    first, second = (age_plots(told(old("1", 3.0)), "accuracy") for _ in range(2))
    assert first == second
    assert first[0].png.startswith(PNG)
    assert len(first[0].png) < 60_000


def test_the_picture_stands_beside_the_table_and_not_among_the_others():
    found = told(old("1", 3.0))
    given = facts()
    drawn = [*given.plots, *age_plots(found, given.metric)]
    page = render_report(replace(given, staleness=found, plots=drawn))
    before, _, after = page.partition('<section id="staleness">')
    assert "now, by age" not in words(f"<body>{before}")
    assert words(f"<body>{after}").count("average_precision now, by age.") == 1
