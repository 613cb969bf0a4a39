"""What git may still ask for, after any history of releases, rollbacks and holds."""

import pytest

from gitops.errors import RepositoryMissing
from gitops.holds import hold
from gitops.local_forge import LocalForge
from gitops.needed import needed
from gitops.rollback import rollback
from tests.support.releases import digest, manifest


def letters(forge, promotions=1):
    return {name[-1] for name in needed(forge, "fraud", promotions)}


def test_without_a_release_nothing_is_needed(at):
    assert needed(at.forge, "fraud", 10) == {}


def test_what_is_live_and_what_it_replaced_is_needed(at):
    for letter in "abcd":
        at.staging(letter)
    found = needed(at.forge, "fraud", 1)
    assert {digest("d"), digest("c")} <= set(found)
    assert digest("a") not in found
    assert found[digest("d")].startswith("in staging since ")


def test_as_many_releases_are_needed_as_are_asked_for(at):
    for letter in "abcdef":
        at.staging(letter)
    assert letters(at.forge, 10) == set("abcdef")
    assert "b" not in letters(at.forge, 2)


def test_an_open_promotion_and_a_merged_one_need_their_bundle(at):
    at.staging("a")
    at.approve("a")
    at.staging("b")
    at.bring("b", "production")
    for letter in "cdef":
        at.staging(letter)
    found = needed(at.forge, "fraud", 1)
    assert found[digest("b")] == "waits in promotion 2"
    assert digest("a") in found


def test_a_held_digest_is_needed_for_the_day_it_is_let_go(at):
    at.staging("a")
    hold(at.forge, "staging", "fraud", digest("f"), "smells", "ann")
    assert needed(at.forge, "fraud", 1)[digest("f")] == "held in staging"


def test_behind_held_ones_a_rollback_finds_what_is_free(at):
    """Holding what was healthy lately makes a rollback go further back."""
    for letter in "abcde":
        at.staging(letter)
    for letter in "bcd":
        hold(at.forge, "staging", "fraud", digest(letter), "smells", "ann")
    assert "a" in letters(at.forge)
    rollback(at.forge, "staging", "fraud", "smells too", "ann")
    assert digest("a") in at.present()


def test_other_models_are_not_mixed_in(at):
    at.bring("a", model="other")
    assert needed(at.forge, "fraud", 10) == {}


def test_a_repository_that_cannot_be_read_is_an_error_and_no_empty_answer(tmp_path):
    with pytest.raises(RepositoryMissing):
        needed(LocalForge(tmp_path / "gone.git"), "fraud", 10)


def test_a_manifest_that_cannot_be_parsed_still_names_its_digest(at):
    path = manifest("a").path
    at.forge.commit(at.forge.head(), {path: f"# an earlier form\nx: {digest('e')}\n"}, "Odd\n")
    assert digest("e") in needed(at.forge, "fraud", 1)
