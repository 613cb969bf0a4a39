"""The benchmark of half a year: what it plays, on few days and few customers."""

import pytest

from benchmarks.continuous.policies import Run, daily, governed, never
from benchmarks.continuous.report import changes, compared, noticed
from benchmarks.continuous.year import LABEL_DAYS, Year

FIRST, DAYS = 28, 30


@pytest.fixture(scope="module")
def year():
    return Year(DAYS, customers=40)


def lived(year, policy):
    run = Run("tried", year.model(FIRST - 1))
    for day in range(FIRST, DAYS):
        run.serve(year, day)
        policy(year, run, day)
    return run


def test_the_waves_of_the_simulator_turn_on_the_days_that_are_told():
    assert changes(60, 100) == [(60, "skimming fades"), (90, "skimming grows"), (90, "spree grows")]


def test_no_training_knows_a_label_that_has_not_come(year):
    assert year.model(FIRST).holdout.index.max() < len(year.rows(0, FIRST + 1 - LABEL_DAYS))


@pytest.mark.parametrize(("policy", "trainings"), [(never, 0), (governed, 0), (daily, 2)])
def test_each_policy_trains_when_it_says(year, policy, trainings):
    run = lived(year, policy)
    assert len(run.trained) == trainings
    assert len(run.scores[FIRST]) == len(year.rows(FIRST, FIRST + 1))
    assert f"| trainings | {trainings} |" in compared(year, [run], FIRST)
    assert noticed(run, FIRST, DAYS).startswith("| what changes")
