"""What is live, changed through git by a person."""

import json

import pytest

from gitops.conditions import Reason
from gitops.holds import read_holds
from gitops.rollback import digest_at
from gitops.suspension import read_suspension
from tests.support.releases import digest

STAGING = ("--env", "staging")


@pytest.fixture
def second(at):
    """Staging went from `a` to `b`."""
    at.staging("a")
    at.staging("b")
    return at


def wanted(at) -> str:
    return digest_at(at.forge, "staging", "fraud", at.forge.head())


def held(at) -> list[str]:
    return [one.digest for one in read_holds(at.forge, "staging", "fraud", at.forge.head())]


def test_a_rollback_restores_in_git_and_holds_what_it_took_back(second, slipway):
    told = slipway("rollback", "fraud", *STAGING, "--reason", "smells")
    assert (told.code, wanted(second), held(second)) == (0, digest("a"), [digest("b")])
    assert second.forge.head() in told.out


def test_a_rollback_without_anything_to_restore_changes_nothing(at, slipway):
    at.staging("a")
    head = at.forge.head()
    told = slipway("rollback", "fraud", *STAGING)
    assert (told.code, at.forge.head()) == (1, head)
    assert "nothing else was healthy here" in told.err


def test_a_rollback_in_an_unknown_environment_names_the_known_ones(second, slipway):
    told = slipway("rollback", "fraud", "--env", "stagging")
    assert told.code == 2
    assert "no environment 'stagging'; known: staging, production" in told.err


def test_an_unknown_model_is_refused_before_anything_is_written(second, slipway):
    head = second.forge.head()
    told = slipway("hold", "froud", *STAGING)
    assert (told.code, second.forge.head()) == (1, head)
    assert told.err.startswith("slipway: no model 'froud'; known: ")


def test_hold_without_a_digest_holds_the_present_one(second, slipway):
    assert slipway("hold", "fraud", *STAGING, "--reason", "smells").code == 0
    assert held(second) == [digest("b")]


def test_lift_lets_the_only_held_digest_go(second, slipway):
    slipway("rollback", "fraud", *STAGING)
    assert slipway("hold", "fraud", *STAGING, "--lift").code == 0
    assert held(second) == []


def test_lift_asks_which_one_when_several_are_held(second, slipway):
    for letter in "ab":
        slipway("hold", "fraud", *STAGING, "--digest", digest(letter))
    told = slipway("hold", "fraud", *STAGING, "--lift")
    assert told.code == 1
    assert digest("a") in told.err
    assert slipway("hold", "fraud", *STAGING, "--digest", digest("a"), "--lift").code == 0
    assert held(second) == [digest("b")]


def test_lift_without_a_hold_says_so(second, slipway):
    told = slipway("hold", "fraud", *STAGING, "--lift")
    assert told.code == 1
    assert "is not held in staging" in told.err


def test_reconcile_applies_what_git_says(second, slipway):
    slipway("rollback", "fraud", *STAGING)
    slipway("reconcile", "fraud", "--no-verify")
    assert second.serve.digest("staging-fraud") == digest("a")


def test_what_is_not_settled_after_a_pass_is_named_and_ends_with_1(second, slipway):
    slipway("rollback", "fraud", *STAGING)
    told = slipway("reconcile", "--no-verify")
    assert told.code == 1
    assert told.err == "slipway: not settled: staging/fraud; show why: slipway status\n"


def test_reconcile_with_nothing_to_do_is_done(second, slipway):
    told = slipway("reconcile", "--json")
    assert told.code == 0
    (report,) = json.loads(told.out)
    assert (report["outcome"]["kind"], report["acts"]) == ("settled", [])


def test_a_dry_run_says_what_would_be_done_and_does_nothing(second, slipway):
    slipway("rollback", "fraud", *STAGING)
    told = slipway("reconcile", "--dry-run")
    assert (told.code, second.serve.digest("staging-fraud")) == (0, digest("b"))
    assert "staging/fraud: would record-attempt, apply" in told.out


def test_a_pass_as_json_says_what_was_done_and_how_it_ended(second, slipway):
    (report,) = json.loads(slipway("reconcile", "fraud", "--env", "staging", "--json").out)
    assert (report["environment"], report["model"]) == ("staging", "fraud")
    assert report["digest"] == digest("b")
    assert report["outcome"]["reason"] == "Healthy"
    assert report["reverted"] is None


def test_a_dry_run_as_json_lists_the_acts(second, slipway):
    second.bring("c")
    plans = json.loads(slipway("reconcile", "--dry-run", "--json").out)
    assert plans["staging/fraud"]["acts"][:2] == ["record-attempt", "apply"]
    assert plans["staging/fraud"]["outcome"] is None


def test_an_environment_that_is_not_there_cannot_be_reconciled(second, slipway):
    """It did nothing, said nothing, and ended with 0."""
    told = slipway("reconcile", "fraud", "--env", "nowhere")
    assert (told.code, told.out) == (2, "")
    assert "no environment 'nowhere'; known: staging, production" in told.err


def test_a_model_that_nobody_knows_cannot_be_reconciled(second, slipway):
    told = slipway("reconcile", "froud")
    assert told.code == 1
    assert "no model 'froud'; known: " in told.err


def test_where_nothing_is_named_there_is_no_digest_to_hold(at, slipway):
    told = slipway("hold", "fraud", "--env", "staging")
    assert told.code == 1
    assert "there is no manifest whose digest to hold" in told.err


def test_a_digest_that_is_none_is_not_held(second, slipway):
    head = second.forge.head()
    told = slipway("hold", "fraud", "--env", "staging", "--digest", "latest")
    assert told.code == 1
    assert "got 'latest', expected sha256: and 64 hex digits" in told.err
    assert second.forge.head() == head


def test_a_rollback_to_a_commit_that_is_none_is_refused(second, slipway):
    told = slipway("rollback", "fraud", "--env", "staging", "--to", "nowhere")
    assert told.code == 1
    assert "no commit 'nowhere'" in told.err


def test_a_model_is_suspended_and_resumed_by_commits(second, slipway):
    assert slipway("suspend", "fraud", *STAGING, "--reason", "moving").code == 0
    reason = read_suspension(second.forge, "staging", "fraud", second.forge.head()).reason
    assert reason == "moving"
    found = json.loads(slipway("status", "--json").out)["models"]["fraud"]
    assert (found["staging"]["suspended"], found["production"]["suspended"]) == ("moving", None)
    assert "suspended" in slipway("status").out
    assert slipway("resume", "fraud", *STAGING).code == 0
    told = slipway("resume", "fraud", *STAGING)
    assert (told.code, "nothing to resume" in told.err) == (1, True)


def test_a_prune_says_what_would_go_and_is_confirmed_by_a_commit(second, slipway):
    second.drop()
    head = second.forge.head()
    assert "fraud would be removed from staging" in slipway("prune", *STAGING).out
    assert second.forge.head() == head
    assert slipway("prune", *STAGING, "--confirm").code == 0
    assert second.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.REMOVED
