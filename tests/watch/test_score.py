"""The asset `test_score`: what it reads off Dagster's check events, and when it is computed."""

import dagster as dg
import pytest

from platform_assets.run_tags import MODEL_TAG, SCORE_TAG
from platform_assets.watch.score import NAME, STAND, build, checks_of, results
from platform_assets.watch.scoring_sensor import (
    DAY_SECONDS,
    PAUSE_SECONDS,
    Sight,
    decide,
    look,
    score_job,
    score_sensor,
)
from tests.support.tiny import tiny

SENSOR = {"dagster/sensor_name": "tiny_landing"}
SLICES = dg.AssetCheckKey(dg.AssetKey(["tiny", "evaluation_report"]), "slices_hold")


def report(*, passed=True, **metadata):
    """An evaluation report that judges slices alone."""

    @tiny().asset("evaluation_report", "", set(), checks=["slices_hold"], blocking=False)
    def evaluation_report():
        check = dg.AssetCheckResult(check_name="slices_hold", passed=passed, metadata=metadata)
        return dg.MaterializeResult(check_results=[check])

    return evaluation_report


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def run(instance, asset, **tags):
    return dg.materialize([asset], instance=instance, tags=tags)


def m6(instance, keys=(SLICES,)):
    """The line of the test M6 in the score computed now."""
    (event,) = run(instance, build(tiny(), keys)).get_asset_materialization_events()
    table = event.materialization.metadata["tests"].value
    return next(line for line in table.splitlines() if line.startswith("| M6 "))


def test_the_keys_are_those_of_every_check_of_the_assets():
    assert checks_of([report()]) == [SLICES]


def test_a_check_in_a_run_of_a_sensor_earns_a_point(instance):
    run(instance, report(), **SENSOR)
    assert "| passed | 1 |" in m6(instance)


def test_a_check_in_a_run_that_a_person_started_earns_half(instance):
    run(instance, report())
    assert "| passed | 0.5 |" in m6(instance)


def test_the_newest_result_counts(instance):
    run(instance, report(), **SENSOR)
    run(instance, report(passed=False), **SENSOR)
    assert "| failed | 1 |" in m6(instance)


def test_a_check_that_looked_at_nothing_earns_nothing(instance):
    run(instance, report(judged=0), **SENSOR)
    assert "| not run | 0 |" in m6(instance)


def test_a_disabled_check_earns_nothing_though_it_ran_once(instance):
    run(instance, report(), **SENSOR)
    assert "there is no check evaluation" in m6(instance, keys=())


def lost(instance, keys):
    (check,) = run(instance, build(tiny(), keys)).get_asset_check_evaluations()
    assert check.check_name == STAND
    return check.description


def test_a_check_that_is_taken_away_fails_the_score_once_it_was_there(instance):
    """It showed only as a lower score, which nobody was told of."""
    run(instance, report(), **SENSOR)
    assert lost(instance, [SLICES]) is None
    said = lost(instance, [])
    assert "the check evaluation_report.slices_hold is gone, it was there on" in said
    assert "nothing proves M6 (Quality is sufficient on important data slices) any more" in said
    assert lost(instance, [SLICES]) is None


def test_a_check_that_falls_silent_fails_the_score_once_it_had_spoken(instance):
    run(instance, report(judged=3), **SENSOR)
    assert lost(instance, [SLICES]) is None
    run(instance, report(judged=0), **SENSOR)
    assert lost(instance, [SLICES]).endswith("evaluation_report.slices_hold had nothing to judge")


def test_a_score_without_a_memory_is_a_first_one(instance):
    event = dg.AssetMaterialization(tiny().key(NAME), metadata={"score": 1.0})
    instance.report_runless_asset_event(event)
    assert lost(instance, [SLICES]) is None


def test_sections_their_minimum_and_coverage_stand_beside_each_other(instance):
    run(instance, report(), **SENSOR)
    (event,) = run(instance, build(tiny(), [SLICES])).get_asset_materialization_events()
    metadata = {name: one.value for name, one in event.materialization.metadata.items()}
    assert (metadata["model"], metadata["score"], metadata["coverage"]) == (1.0, 0.0, 0.0)
    assert "| **least** | **0** | **0** |" in metadata["sections"]
    assert "landing (never made)" in metadata["mlops_level_2"]


def test_a_result_tells_its_time_and_who_started_it(instance):
    run(instance, report(), **SENSOR)
    (found,) = results(instance, [SLICES])
    assert (found.asset, found.check) == ("evaluation_report", "slices_hold")
    assert (found.by_hand, found.passed, found.judged) == (False, True, True)


@pytest.mark.parametrize(
    ("due", "scored", "newest", "often", "unfinished"),
    [
        (False, None, None, None, 0),
        (True, None, 5.0, None, 0),
        (False, None, 5.0, None, 1),
        (True, 100.0, 101.0, None, 0),
        (False, 100.0, 99.0, None, 0),
        (False, 1000.0 - PAUSE_SECONDS + 1, 0.0, 999.0, 0),
        (True, 1000.0 - PAUSE_SECONDS, 0.0, 999.0, 0),
        (True, 1000.0 - DAY_SECONDS, -DAY_SECONDS, None, 0),
    ],
)
def test_a_score_is_due_when_checks_have_spoken(due, scored, newest, often, unfinished):
    assert decide(Sight(scored, newest, often, unfinished, now=1000.0))[0] is due


@pytest.mark.parametrize(
    ("due", "scored", "tried"),
    [
        (False, None, 1000.0 - PAUSE_SECONDS + 1),
        (True, None, 1000.0 - PAUSE_SECONDS),
        (False, 100.0, 1000.0 - PAUSE_SECONDS + 1),
        (True, 950.0, 949.0),
    ],
)
def test_a_run_that_failed_is_not_tried_again_at_once(due, scored, tried):
    """A look every 30 s began another run, for as long as git could not be asked."""
    assert decide(Sight(scored, 999.0, None, 0, now=1000.0, tried=tried))[0] is due


def test_a_run_without_a_score_is_seen(instance):
    @tiny().asset(NAME, "", set())
    def test_score():
        raise dg.Failure("git does not answer")

    assert not look(instance, tiny(), [SLICES]).failed
    tags = {SCORE_TAG: "tiny"}
    dg.materialize([test_score], instance=instance, raise_on_error=False, tags=tags)
    assert look(instance, tiny(), [SLICES]).failed


def test_the_sensor_asks_once_for_each_time_that_checks_speak(instance):
    sensor = score_sensor(tiny(), score_job(tiny()), [SLICES])
    assert isinstance(sensor(dg.build_sensor_context(instance)), dg.SkipReason)
    run(instance, report(), **{MODEL_TAG: "tiny"})
    assert isinstance(sensor(dg.build_sensor_context(instance)), dg.RunRequest)
    m6(instance, [SLICES])
    assert isinstance(sensor(dg.build_sensor_context(instance)), dg.SkipReason)
    assert look(instance, tiny(), [SLICES]).scored is not None
    assert NAME == "test_score"
