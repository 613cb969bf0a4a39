"""What an attempt searches, and which attempt a run is about."""

import pytest

from platform_assets.model.asked import attempt_keys
from platform_assets.model.attempts import (
    ATTEMPT_TAG,
    RETRY_OF_TAG,
    attempt_now,
    enlarged,
    in_words,
    planned,
    search_of,
)
from platform_assets.model.fitted import KIND
from platform_assets.spec import Retry
from resources.artifacts import Artifacts
from tests.support.tiny import orders, tiny

SPACE = {"logisticregression__C": {"low": 0.001, "high": 1000, "log": True}}
KEYS = ["plain", "larger"]


def searching(trials=5, seconds=60, retry=None):
    search = {"trials": trials, "seconds": seconds, "space": SPACE}
    return tiny(search=search, retry=retry or {})


def test_each_attempt_has_more_trials_within_the_seconds_allowed():
    folder = searching(retry={"attempts": 2, "larger": 4, "seconds": 500})
    found = [search_of(folder.spec, attempt) for attempt in range(3)]
    assert [one.trials for one in found] == [5, 20, 80]
    assert [one.seconds for one in found] == [60, 240, 500]
    assert found[1].space == found[0].space


def test_a_search_is_never_larger_than_a_search_may_be_nor_shorter_than_the_one_before():
    folder = searching(trials=900, seconds=1000, retry={"seconds": 10})
    found = search_of(folder.spec, 1)
    assert (found.trials, found.seconds) == (1000, 1000)


def test_a_small_space_has_an_end_and_a_range_has_none():
    assert [planned(tiny(), attempt) for attempt in (0, 1)] == [2, 2]
    assert [planned(searching(), attempt) for attempt in (0, 1)] == [5, 20]


def test_each_attempt_is_a_candidate_of_its_own(workshop):
    version = workshop.divide(orders(60, 1))
    keys = attempt_keys(searching(retry={"attempts": 2}), workshop.lake, version)
    assert len(set(keys)) == 3
    assert keys[0] == attempt_keys(searching(retry={"attempts": 0}), workshop.lake, version)[0]
    assert enlarged(workshop.folder, 0).spec == workshop.folder.spec


@pytest.mark.parametrize(
    ("tags", "made", "attempt"),
    [
        ({}, [], 0),
        ({}, ["plain"], 0),
        ({ATTEMPT_TAG: "1", RETRY_OF_TAG: "plain"}, ["plain"], 1),
        ({ATTEMPT_TAG: "1", RETRY_OF_TAG: "other rows"}, ["plain"], 0),
        ({ATTEMPT_TAG: "9", RETRY_OF_TAG: "plain"}, [], 1),
        ({}, ["plain", "larger"], 1),
    ],
)
def test_a_run_is_about_what_it_was_started_for_or_the_largest_made(tmp_path, tags, made, attempt):
    artifacts = Artifacts(tmp_path)
    for key in made:
        artifacts.publish(KIND, "tiny", key, {"x": b""})
    assert attempt_now(tiny(), artifacts, KEYS, tags) == attempt


def test_what_was_tried_is_told_in_words():
    made = [{"trials": 3, "validation": 0.71}, {"trials": 12, "validation": 0.7304}]
    assert in_words(made[:1]) == "3 trials (best 0.71)"
    assert in_words(made) == "3 trials (best 0.71), then 12 (0.7304)"


@pytest.mark.parametrize(
    "wrong", [{"attempts": 6}, {"attempts": -1}, {"larger": 1}, {"seconds": 0}]
)
def test_a_retry_without_bounds_is_refused(wrong):
    with pytest.raises(ValueError, match="Input should be"):
        Retry(**wrong)
