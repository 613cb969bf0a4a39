"""Staleness: what was learned, the newest data, libraries and columns."""

from datetime import timedelta

import pytest

from platform_assets.watch.monitors.aging import schema_changed, staleness
from platform_assets.watch.observations import Outcome
from tests.support.looks import by_subject, look, without
from tests.support.watched import DAY, FIRST
from tests.support.watched_model import Watched, model, orders


@pytest.fixture
def lake(tmp_path):
    place = Watched(tmp_path)
    place.deliver(orders(1, seed=0))
    return place.lake


def outcomes(told, lake):
    return {name: one.outcome for name, one in by_subject(staleness(told, lake)).items()}


def test_before_any_data_only_libraries_and_columns_are_judged(tmp_path):
    assert set(outcomes(look(), Watched(tmp_path).lake)) == {"schema", "dependencies"}


def test_age_counts_from_the_commits_of_the_table(lake):
    committed = lake.committed("tiny/cleaned", 0)
    day = (committed - FIRST) // DAY + 120
    found = by_subject(staleness(without(look(day=day), cleaned=0), lake))
    window = look(day=day).traffic.window
    assert found["data"].value == pytest.approx((window.end - committed) / DAY)
    assert found["model"].value == found["data"].value > 90
    assert {found["model"].outcome, found["data"].outcome} == {Outcome.BEYOND}


def test_data_that_came_after_the_window_is_not_old(lake):
    before = (lake.committed("tiny/cleaned", 0) - FIRST) // DAY - 30
    assert by_subject(staleness(look(day=before), lake))["data"].value == 0


def test_few_requests_are_enough_to_be_stale(lake):
    told = without(look(orders(3, seed=1)), lock="0" * 64)
    assert outcomes(told, lake)["dependencies"] is Outcome.BEYOND


def test_a_bundle_that_names_no_lock_is_not_judged_by_it(lake):
    assert "dependencies" not in outcomes(without(look(), lock=None), lake)


def test_another_type_gap_or_value_in_the_contract_is_another_schema():
    told = look()
    assert not schema_changed(told)
    columns = list(told.served.signature.columns)
    columns[1] = columns[1].model_copy(update={"type": "float"})
    signature = told.served.signature.model_copy(update={"columns": tuple(columns)})
    assert schema_changed(without(told, signature=signature))


def test_the_days_are_those_of_the_settings(lake):
    day = (lake.committed("tiny/cleaned", 0) - FIRST) // DAY + 10
    strict = look(day=day, folder=model(stale_days=timedelta(days=2) / DAY))
    assert outcomes(strict, lake)["data"] is Outcome.BEYOND
