"""A judgement in the words of a promotion: what is unknown is said to be, never made up."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gitops.conditions import Verdict
from gitops.evidence import Figure, SliceFigure
from platform_assets.ml.gates import GateResult
from platform_assets.model.judgement import as_document, judge_scores, searchable, verdict
from platform_assets.model.rows import Rows
from tests.support.tiny import SPEC, orders, tiny

RESULT = GateResult("roc_auc_reaches", "pass", "roc_auc", 0.8, 0.7, 0.75, 0.85, "it does")


def rows(count=200, seed=1):
    frame = orders(count, seed)
    return Rows(frame[["amount", "channel"]], frame["returned"].to_numpy(), frame)


def scores(holdout, **more):
    """A candidate that knows the amount, a dummy that knows nothing, and more."""
    amount = holdout.frame["amount"].to_numpy() / 100
    blind = np.full(len(amount), 0.5)
    return {"candidate": amount, "dummy": blind, "linear": amount * 0.9} | more


def document(folder=None, holdout=None, **more):
    folder, holdout = folder or tiny(), holdout or rows()
    return as_document(folder, judge_scores(folder, holdout, scores(holdout, **more)))


def test_a_judgement_names_every_gate_in_the_order_of_the_specification():
    found = [Verdict.from_dict(gate) for gate in document()["gates"]]
    names = ["roc_auc_reaches", "roc_auc_beats_dummy", "roc_auc_beats_champion", "slices_hold"]
    assert [one.check for one in found] == names
    assert all(one.passed for one in found)


def test_an_absent_champion_is_said_to_be_absent():
    gate = document()["gates"][2]
    assert (gate["observed"], gate["message"]) == (
        "no other champion",
        "no other champion to beat",
    )


def test_a_champion_stands_apart_from_the_baselines():
    holdout = rows()
    better = scores(holdout)["candidate"] + holdout.target
    figures = [Figure(**one) for one in document(holdout=holdout, champion=better)["figures"]]
    auc = next(one for one in figures if one.metric == "roc_auc")
    assert auc.champion == 1.0
    assert set(auc.baselines) == {"dummy", "linear"}
    assert auc.baselines["dummy"] == 0.5


def test_a_candidate_worse_than_its_champion_fails_that_gate_alone():
    holdout = rows()
    better = scores(holdout)["candidate"] + holdout.target
    strict = tiny(gates=[*SPEC["gates"][:2], {"metric": "roc_auc", "beat": "champion"}])
    gates = document(strict, holdout, champion=better)["gates"]
    assert [gate["outcome"] for gate in gates] == ["pass", "pass", "fail", "pass"]


def test_a_judgement_on_few_rows_is_inconclusive_and_says_how_many_it_needs():
    found = document(tiny(gates=[{"metric": "roc_auc", "reach": 0.96}]), rows(80))
    gate = found["gates"][0]
    assert found["outcome"] == gate["outcome"] == "inconclusive"
    assert not gate["passed"]
    assert "more rows needed, about" in gate["message"]


def test_a_figure_that_is_undefined_is_left_out():
    """The evidence is JSON, which has no word for what is no number."""
    holdout = rows()
    one_class = replace(holdout, target=np.zeros(len(holdout.target)))
    found = document(holdout=one_class)
    names = {one["metric"] for one in found["figures"]}
    assert names == {"brier", "log_loss"}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_group_without_a_figure_is_listed_without_one():
    frame = orders(200, seed=1)
    frame.loc[frame["channel"] == "shop", "returned"] = 0
    holdout = Rows(frame[["amount", "channel"]], frame["returned"].to_numpy(), frame)
    groups = [SliceFigure(**one) for one in document(holdout=holdout)["slices"]]
    shop = next(one for one in groups if one.value == "shop")
    assert (shop.score, shop.low, shop.high) == (None, None, None)
    assert groups[-1] == shop
    assert sum(one.rows for one in groups) == 200


def test_a_model_that_is_blind_in_one_group_is_stopped_there():
    """Its average is fine; in shops it says the opposite of what it should."""
    holdout = rows(2_000)
    told = scores(holdout)
    shop = (holdout.frame["channel"] == "shop") & (np.arange(2_000) % 3 > 0)
    told["candidate"] = np.where(shop, 1 - told["candidate"], told["candidate"])
    folder = tiny(gates=[{"metric": "roc_auc", "beat": "dummy"}])
    gates = as_document(folder, judge_scores(folder, holdout, told))["gates"]
    assert [gate["outcome"] for gate in gates] == ["pass", "fail"]
    assert "where channel is shop" in gates[-1]["message"]


def test_groups_that_are_named_are_compared_at_the_threshold_of_the_model():
    folder = tiny(fairness={"group": "channel", "max_difference": 0.1})
    holdout = rows(2_000)
    told = scores(holdout)
    told["candidate"] = told["candidate"] * 0.8 + 0.2 * (holdout.frame["channel"] == "web")
    half, never = (judge_scores(folder, holdout, told, threshold=one) for one in (0.5, 1.5))
    assert [one.gates[-1].outcome for one in (half, never)] == ["fail", "pass"]
    assert half.treatments[0].column == "channel"


def test_no_name_time_or_person_is_searched_for_groups():
    assert searchable(tiny(), ["order", "amount", "channel", "returned", "_row"]) == [
        "amount",
        "channel",
    ]


def test_a_group_that_was_found_is_named_as_such_in_the_evidence():
    found = document(tiny(slices={"minimum_rows": 50}), rows(2_000))["slices"]
    assert found
    assert {one["column"] for one in found} == {"found by search"}


def test_equal_rows_and_scores_give_an_equal_judgement():
    assert document() == document()


@pytest.mark.parametrize(
    ("result", "observed"),
    [
        (RESULT, 0.8),
        (replace(RESULT, observed=None), "no other champion"),
        (replace(RESULT, observed=None, outcome="fail"), None),
    ],
)
def test_only_a_passed_gate_without_a_figure_speaks_of_no_champion(result, observed):
    assert verdict(result).observed == observed


def test_a_verdict_keeps_what_the_gate_compared():
    found = verdict(RESULT)
    assert (found.check, found.metric, found.threshold) == ("roc_auc_reaches", "roc_auc", 0.7)
