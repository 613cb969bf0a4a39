"""What each part of a page shows, and that the page is whole."""

import base64
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.changes import Change
from platform_assets.ml.fairness import treatments
from platform_assets.ml.intervals import Interval
from platform_assets.ml.parity import Parity
from platform_assets.ml.report import DataCheck, remarks, render_report
from platform_assets.ml.staleness import Stale, Staleness
from platform_assets.spec import Fairness
from tests.ml.report_facts import PLOTS, PNG, Page, facts, holdout, words


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
