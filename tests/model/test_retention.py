"""What of old versions goes, and that what stays can be opened."""

import pytest

from platform_assets.model.audit import CANDIDATE
from platform_assets.model.retention import (
    BUNDLES,
    CANDIDATES,
    DAY,
    ENTRIES,
    KINDS,
    LATENCIES,
    REPORTS,
    Limits,
    Stored,
    plan,
)
from resources.registry import Version
from tests.support.releases import digest

LIMITS = Limits(candidates=1, days=30)
OLD, YOUNG = 31 * DAY, 29 * DAY


def version(number, letter, run=None):
    tags = {CANDIDATE: f"candidate-{letter}"}
    return Version("tiny", str(number), digest(letter), run or f"run-{letter}", "", tags)


def folders(letter, idle=OLD):
    return [
        Stored(BUNDLES, letter * 64, digest(letter), idle, 100),
        Stored(CANDIDATES, f"candidate-{letter}", None, idle, 10),
        Stored(ENTRIES, f"entry-{letter}", digest(letter), idle, 1),
        Stored(REPORTS, f"report-{letter}", digest(letter), idle, 1),
        Stored(LATENCIES, f"latency-{letter}", digest(letter), idle, 1),
    ]


STORED = [*folders("a"), *folders("b"), *folders("c")]
VERSIONS = [version(3, "c"), version(2, "b"), version(1, "a")]


def gone(**changes):
    given = {"stored": STORED, "versions": VERSIONS, "aliases": {}, "needed": {}, "limits": LIMITS}
    return plan(**{**given, **changes})


def keys(found):
    return {one.key[-1] for one in found.folders}


def test_all_of_an_old_version_goes_and_the_newest_stays():
    found = gone()
    assert [one.version for one in found.versions] == ["2", "1"]
    assert (keys(found), found.size) == ({"a", "b"}, 226)
    assert found.kept == {digest("c"): "among the newest 1 versions"}
    assert found.runs == ["run-b", "run-a"]


def test_what_leads_to_a_bundle_goes_before_it():
    kinds = [one.kind for one in gone().folders]
    assert list(dict.fromkeys(kinds)) == [LATENCIES, ENTRIES, REPORTS, CANDIDATES, BUNDLES]
    assert kinds == sorted(kinds, key=KINDS.index)


def test_what_git_names_stays_with_everything_that_belongs_to_it():
    found = gone(needed={digest("a"): "in production"})
    assert [one.version for one in found.versions] == ["2"]
    assert keys(found) == {"b"}
    assert found.kept[digest("a")] == "in production"


def test_what_an_alias_names_stays():
    assert keys(gone(aliases={"champion": "1"})) == {"b"}


@pytest.mark.parametrize("kind", [BUNDLES, ENTRIES, REPORTS, LATENCIES])
def test_one_young_folder_keeps_its_bundle(kind):
    used = [one for one in folders("b", YOUNG) if one.kind == kind]
    others = [one for one in STORED if one.key not in {young.key for young in used}]
    assert keys(gone(stored=[*others, *used])) == {"a"}


def test_a_young_candidate_that_was_never_registered_stays():
    in_flight = Stored(CANDIDATES, "candidate-x", None, YOUNG, 10)
    assert keys(gone(stored=[*STORED, in_flight])) == {"a", "b"}


def test_a_run_stays_while_a_version_that_stays_came_from_it():
    shared = [version(3, "c", "run"), version(2, "b", "run"), version(1, "a")]
    assert gone(versions=shared).runs == ["run-a"]


def test_what_is_left_of_a_pass_that_was_broken_off_goes_in_the_next():
    found = gone(versions=[version(3, "c")], stored=[*folders("a")[:1], *folders("c")])
    assert keys(found) == {"a"}


def test_a_folder_that_nobody_can_tell_of_goes_when_it_is_old():
    unknown = Stored(REPORTS, "report-?", None, OLD, 1)
    assert "?" in keys(gone(stored=[*STORED, unknown]))
