"""Whoever moves MLflow's aliases is killed right before and right after each; then they follow.

The writes are enumerated from the registry and the aliases from what is wanted, so that neither a
new way to write one nor a new alias can be forgotten.
"""

import shutil

import pytest

from gitops.holds import Hold
from platform_assets.release.aliases import wanted_aliases
from tests.support.crash_table import ALIAS_WRITES
from tests.support.killed_aliases import MODEL, STORIES, WRITES, Place
from tests.support.releases import digest

POINTS = [
    pytest.param(story, f"{when}:{write}", marks=[] if "back" in story else pytest.mark.e2e)
    for story, writes in ALIAS_WRITES.items()
    for write in writes
    for when in ("before", "after")
]


@pytest.fixture
def place(empty_registry, tmp_path) -> Place:
    shutil.copytree(empty_registry, tmp_path / "mlflow")
    return Place(tmp_path)


def test_every_write_of_every_alias_has_a_story():
    wanted = (wanted_aliases(one.report(), one.record("r"), ()) for one in STORIES.values())
    aliases = {alias for some in wanted for alias in some}
    told = {write for writes in ALIAS_WRITES.values() for write in writes}
    assert told == {f"{write}({alias})" for write in WRITES for alias in aliases}
    assert set(ALIAS_WRITES) == set(STORIES)


@pytest.mark.parametrize(("story", "point"), POINTS)
def test_aliases_killed_around_a_write_are_old_or_new_and_follow_at_the_next_pass(
    place, story, point
):
    told = STORIES[story]
    place.prepare(told)
    place.mirror(told, point)
    wanted = wanted_aliases(told.report(), told.record("r"), held(told))
    between = place.registry.aliases(MODEL)
    for alias in (*wanted, *between):
        assert between.get(alias) in (told.before.get(alias), wanted[alias])
    place.mirror(told)
    expected = {alias: version for alias, version in wanted.items() if version}
    assert place.registry.aliases(MODEL) == expected


def held(story):
    return (Hold(digest(story.held), "smells", "now", "ann"),) if story.held else ()


@pytest.mark.parametrize(
    "story", [pytest.param(one, marks=[] if "back" in one else pytest.mark.e2e) for one in STORIES]
)
def test_a_story_writes_what_the_table_says(place, story):
    place.prepare(STORIES[story])
    reached = [line.partition(":")[2] for line in place.mirror(STORIES[story])]
    assert tuple(reached[::2]) == ALIAS_WRITES[story]
