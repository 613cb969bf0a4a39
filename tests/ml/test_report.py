import base64
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.calibration import calibration
from platform_assets.ml.changes import Change
from platform_assets.ml.fairness import treatments
from platform_assets.ml.figures import measure
from platform_assets.ml.gates import judge
from platform_assets.ml.importance import Importance
from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import metric
from platform_assets.ml.parity import Parity
from platform_assets.ml.plots import confusion, plots
from platform_assets.ml.probes import Probes
from platform_assets.ml.report import DataCheck, ReportFacts, best_trial, remarks, render_report
from platform_assets.ml.slices import named_groups, slices
from platform_assets.ml.staleness import Stale, Staleness
from platform_assets.ml.stress import Stress
from platform_assets.spec import Beat, Fairness, Floor, Slices

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
MAIN = {"binary": "average_precision", "multiclass": "accuracy", "regression": "mae"}
PNG = b"\x89PNG\r\n\x1a\n"


def holdout(task, rows=600, champion=True):
    """A target, and the scores of a good candidate, a fair champion and a dummy."""
    draw = np.random.default_rng(0)
    if task == "regression":
        y = draw.normal(50, 10, rows)
        models = {"candidate": y + draw.normal(0, 2, rows), "champion": y + draw.normal(0, 6, rows)}
        models["dummy"] = np.full(rows, 50.0)
    elif task == "binary":
        y = (draw.random(rows) < 0.1).astype(int)
        models = {
            "champion": np.clip(0.1 + 0.1 * y + draw.normal(0, 0.1, rows), 0.001, 0.999),
            "candidate": np.clip(0.1 + 0.2 * y + draw.normal(0, 0.1, rows), 0.001, 0.999),
            "dummy": np.full(rows, 0.1),
        }
    else:
        y = draw.integers(0, 3, rows)
        sure = np.eye(3)[y]
        models = {"candidate": 0.8 * sure + 0.2 / 3, "champion": 0.1 * sure + 0.3}
        models["dummy"] = np.full((rows, 3), 1 / 3)
    return y, {name: score for name, score in models.items() if champion or name != "champion"}


def probes(task, y, score):
    flipped = None if task == "regression" else 0.25
    return Probes(
        calibration=calibration(task, y, score),
        importances=[
            Importance("amount", Interval(0.2, 0.1, 0.3)),
            Importance("shoe_size", Interval(0.0, -0.1, 0.1)),
        ],
        importance_rows=len(y),
        stress=[
            Stress("amount", "missing", 0.5, flipped),
            Stress("age", "missing", None, None),
        ],
        stress_rows=len(y),
    )


@cache
def facts(task="binary", rows=600, champion=True):
    y, models = holdout(task, rows, champion)
    references = {name: score for name, score in models.items() if name != "candidate"}
    figures = measure(task, y, models["candidate"], references, samples=50)
    name = MAIN[task]
    frame = pd.DataFrame({"half": np.repeat(["first", "second"], len(y) // 2)})
    asked = Slices(columns=["half"], minimum_rows=10)
    judged = named_groups(frame, asked)
    groups = slices(metric(task, name), y, models["candidate"], models["dummy"], judged)
    return ReportFacts(
        model="toy",
        description="A toy <b>model</b> & more",
        owners=["team:toys", "ann@example.org"],
        digest="sha256:" + "5e" * 32,
        made="2026-03-01 12:00 UTC",
        metric=name,
        figures=figures,
        gates=judge([Beat(metric=name, beat="dummy")], figures),
        slices=groups,
        probes=probes(task, y, models["candidate"]),
        plots=plots(task, y, models, CLASSES[task], figures, groups, name),
        runtime="onnx",
        runtime_reason="ONNX agrees with scikit-learn to 2e-07 on all 600 rows",
        trials=[({}, 0.7), ({"ridge__alpha": 3.0}, 0.9)],
        lineage={"training set": "version 3", "commit": "c61053c"},
    )


PLOTS = {
    "binary": ["comparison", "precision_recall", "calibration", "confusion", "slices"],
    "multiclass": ["comparison", "confusion", "slices"],
    "regression": ["comparison", "predicted", "residuals", "slices"],
}


@pytest.mark.parametrize("task", PLOTS)
def test_every_task_has_its_pictures_and_they_are_small(task):
    drawn = facts(task).plots
    assert [plot.name for plot in drawn] == PLOTS[task]
    assert all(plot.png.startswith(PNG) for plot in drawn)
    assert max(len(plot.png) for plot in drawn) < 60_000


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
    assert max(len(plot.png) for plot in drawn) < 60_000


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


def test_a_page_shows_digest_lineage_runtime_and_owners():
    text = words(render_report(facts()))
    for shown in ("sha256:" + "5e" * 32, "version 3", "c61053c", "ONNX agrees", "ann@example.org"):
        assert shown in text


def test_a_page_names_the_columns_with_personal_data_or_says_that_none_is_tagged():
    told = replace(facts(), personal=["customer_id", "name"])
    assert "Personal data: customer_id, name" in words(render_report(told))
    assert "Personal data: no column is tagged" in words(render_report(facts()))


def test_a_page_names_the_features_that_show_no_worth():
    text = words(render_report(facts()))
    assert "Without shoe_size the model would be no worse" in text
    useful = replace(facts().probes, importances=facts().probes.importances[:1])
    assert "worse without any of its features" in words(
        render_report(replace(facts(), probes=useful))
    )


def test_a_page_says_how_groups_are_treated():
    given = facts()
    y, models = holdout("binary")
    people = pd.DataFrame({"sex": np.tile(["f", "m"], 300)})
    asked = Fairness(group="sex", max_difference=0.1)
    told = treatments("binary", y, models["candidate"], people, asked, threshold=0.2)
    text = words(render_report(replace(given, treatments=told)))
    assert "Are groups treated alike? By sex" in text
    assert "true positive rate" in text


def test_a_group_that_was_found_is_marked():
    given = facts()
    found = replace(given.slices[0], column="", value="amount > 3", found=True)
    assert "amount &gt; 3 found" in words(render_report(replace(given, slices=[found])))


def test_a_page_says_what_a_change_of_unit_would_do():
    text = words(render_report(facts()))
    assert "Worst: amount missing moves scores by 0.5 on average and flips 25.0%" in text
    assert "age missing refused" in text


@pytest.mark.parametrize("task", PLOTS)
def test_a_page_warns_of_a_model_that_is_off_and_of_no_other(task):
    given = facts(task)
    sentence = given.probes.calibration.sentence
    assert (sentence in remarks(given)) is given.probes.calibration.off


def test_a_card_names_what_nobody_has_said():
    told = replace(facts(), card={"intended_use": "Toys.", "out_of_scope": None, "licence": None})
    text = words(render_report(told))
    assert "intended use Toys." in text
    assert "Nobody has said: out of scope, licence." in text
    assert "Nobody has said" not in words(render_report(replace(told, card={"contact": "Ann"})))


def test_a_page_says_on_what_rows_runtimes_were_compared_and_where_the_search_ended():
    given = replace(
        facts(),
        parity=[Parity("onnx", "holdout", 600, 2e-7, 0), Parity("onnx", "nulls", 40, 0.2, 3)],
        edges=["ridge__alpha=3.0 is the largest tried"],
    )
    text = words(render_report(given))
    assert "onnx nulls 40 0.2 3 none" in text
    assert "ridge__alpha=3.0 is the largest tried" in text


def test_a_page_says_what_changed_against_the_champion():
    told = replace(facts(), changes=[Change("ridge__alpha", "1.0", "3.0")])
    assert "ridge__alpha 1.0 3.0 What is not listed is equal" in words(render_report(told))
    assert "There is no other champion" in words(render_report(facts(champion=False)))


def test_a_page_says_what_old_models_cost_and_who_could_not_be_asked():
    old = Stale("1", 12.5, Interval(0.6, 0.5, 0.7), Interval(0.1, 0.05, 0.15))
    told = Staleness([old], 500, {"0": "its bundle is gone"}, "Version 1 would cost 0.1.")
    text = words(render_report(replace(facts(), staleness=told)))
    assert "Version 1 would cost 0.1." in text
    assert "1 12.5 0.6 0.5 to 0.7" in text
    assert "Version 0 cannot be asked: its bundle is gone." in text


def test_a_page_shows_the_data_and_what_their_checks_found():
    checks = [DataCheck("labels_balanced", "inconclusive", "class b is rare")]
    told = replace(facts(), data={"rows: train": "400"}, data_checks=checks)
    text = words(render_report(told))
    assert "rows: train 400" in text
    assert "labels_balanced warning class b is rare" in text


def test_what_comes_from_a_model_is_never_taken_for_markup():
    page = render_report(replace(facts(), description="<script>alert(1)</script>"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_page_is_whole_html_that_asks_nobody_for_anything():
    page = render_report(facts())
    parsed = Page()
    parsed.feed(page)
    assert parsed.open == []
    assert all(source.startswith("data:image/png;base64,") for source in parsed.sources)
    assert not re.search(r"https?://|url\(", page)
    assert base64.b64decode(parsed.sources[0].partition(",")[2]).startswith(PNG)


def test_every_picture_has_words_for_those_who_cannot_see_it():
    parsed = Page()
    parsed.feed(render_report(facts()))
    assert len(parsed.alternatives) == 5
    assert all(len(text) > 20 for text in parsed.alternatives)


def test_an_undefined_figure_is_a_dash_and_not_a_nan():
    given = facts()
    unknown = {name: replace(one, value=np.nan) for name, one in given.figures.candidate.items()}
    figures = replace(given.figures, values={**given.figures.values, "candidate": unknown})
    assert "nan" not in words(render_report(replace(given, figures=figures))).split()


@pytest.mark.parametrize(("task", "best"), [("binary", 1), ("regression", 0)])
def test_the_best_trial_is_the_one_in_the_metrics_better_direction(task, best):
    assert best_trial(facts(task)) == best


def words(page):
    body = page.partition("<body>")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


class Page(HTMLParser):
    """Open elements, and what the pictures are and say."""

    def __init__(self):
        super().__init__()
        self.open, self.sources, self.alternatives = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.sources.append(dict(attrs)["src"])
            self.alternatives.append(dict(attrs)["alt"])
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
