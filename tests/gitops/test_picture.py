"""The picture of a promotion is drawn from its figures, whatever they are called."""

from dataclasses import replace

from gitops.evidence import Figure
from gitops.picture import bars
from tests.support.releases import evidence, manifest


def test_each_value_that_is_there_has_a_bar():
    drawn = bars("mae", {"candidate": 2.0, "champion": None, "dummy": 5.5})
    assert '    x-axis ["candidate", "dummy"]\n    y-axis 0 --> 5.5\n    bar [2, 5.5]\n' in drawn
    assert "champion" not in drawn


def test_values_below_zero_are_within_the_axis():
    assert "y-axis -3 --> 0" in bars("log_loss", {"candidate": -3.0})


def test_nothing_to_draw_is_no_picture():
    assert bars("mae", {"candidate": None}) == bars("mae", {"candidate": float("nan")}) == ""


def test_no_name_leaves_its_quotes_or_the_block():
    drawn = bars('x"\n```\n# owned', {'y"] \n```': 1.0})
    assert drawn.count("```") == 2
    assert drawn.count('"') == 4
    assert len(drawn.splitlines()) == 7


def test_the_page_of_a_promotion_shows_the_first_figure_with_its_interval():
    figure = Figure("auc", 0.8, 0.75, 0.85, champion=0.7, baselines={"dummy": 0.5})
    page = replace(evidence(manifest()), figures=(figure,)).markdown()
    assert '["from", "candidate", "to", "champion", "dummy"]' in page
    assert "bar [0.75, 0.8, 0.85, 0.7, 0.5]" in page
