"""Scores that are no number, or tell nothing."""

from dataclasses import replace

import numpy as np

from platform_assets.watch.monitors.health import allowed, numerical_health
from platform_assets.watch.observations import Outcome
from tests.support.looks import ROWS, by_subject, look, without


def outcomes(told):
    return {name: one.outcome for name, one in by_subject(numerical_health(told)).items()}


def test_scores_that_tell_rows_apart_are_healthy():
    assert set(outcomes(look()).values()) == {Outcome.OK}


def test_one_score_that_is_no_number_is_beyond():
    scores = np.linspace(0, 1, ROWS)
    scores[7] = np.nan
    assert outcomes(look(scores=scores))["no_number"] is Outcome.BEYOND


def test_the_same_score_for_most_rows_is_beyond():
    scores = np.where(np.arange(ROWS) % 3 == 0, np.linspace(0.1, 0.9, ROWS), 0.5)
    assert outcomes(look(scores=scores))["constant"] is Outcome.BEYOND


def test_a_model_that_gave_one_score_to_many_rows_at_training_may_do_so():
    told = look(scores=np.where(np.arange(ROWS) % 3 == 0, np.linspace(0.1, 0.9, ROWS), 0.5))
    known = {**told.served.reference, "score": {"shares": [0.7, 0.3]}}
    assert outcomes(without(told, reference=known))["constant"] is Outcome.OK
    assert allowed(without(told, reference=known)) == 0.95


def test_several_classes_are_judged_by_the_whole_row():
    even = np.random.default_rng(1).dirichlet([1, 1, 1], ROWS)
    certain = np.eye(3)[np.arange(ROWS) % 3]
    assert set(outcomes(look(scores=even)).values()) == {Outcome.OK}
    assert outcomes(look(scores=certain))["saturated"] is Outcome.BEYOND


def test_a_regression_may_answer_0_and_1():
    told = look(scores=np.arange(ROWS) % 5)
    signature = told.served.signature.model_copy(update={"task": "regression"})
    told = replace(told, served=replace(told.served, signature=signature))
    assert "saturated" not in outcomes(told)


def test_without_any_score_nothing_is_judged():
    empty = look().traffic.logged[:0]
    told = look()
    told = replace(told, traffic=replace(told.traffic, logged=empty))
    assert numerical_health(told) == []
