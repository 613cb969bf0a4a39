"""What the policy says of drift, and of what git no longer names."""

import subprocess

import pytest

from gitops.conditions import Blocked, Reason
from gitops.errors import NothingToPrune, PruneInvalid
from gitops.manifest import serve_application
from gitops.plumbing import clean_environment
from gitops.policy import POLICY_PATH
from gitops.pruning import confirm_prune, parse_prune, prune_path
from tests.support.fake_serve import Application
from tests.support.releases import POLICY, digest, manifest, patience, with_options

STAGING = ("staging", "fraud")


def told(at, keys):
    """Have the policy say something of staging."""
    text = POLICY.replace("approval: auto", f"approval: auto\n    reconcile: {{{keys}}}", 1)
    at.forge.commit(at.forge.head(), {POLICY_PATH: text}, "Change the policy")


def edit(at):
    edited = serve_application(manifest("a", replicas=3))
    at.serve.applications["staging-fraud"] = Application(edited)


def test_drift_is_told_by_its_first_key_and_left_alone_where_the_policy_says_so(at):
    at.staging("a")
    told(at, "self_heal: report")
    edit(at)
    puts = len(at.serve.puts)
    outcome = at.reconciler.reconcile(*STAGING).outcome
    assert (type(outcome), outcome.reason) == (Blocked, Reason.DRIFTED)
    assert outcome.message.endswith("deployments[0].num_replicas: got 3, expected 1")
    assert len(at.serve.puts) == puts


def test_a_new_version_goes_live_where_drift_is_only_told(at):
    told(at, "self_heal: report")
    at.staging("a")
    at.staging("b")
    assert at.serve.digest("staging-fraud") == digest("b")


def test_an_environment_has_its_own_time_to_become_healthy(at):
    at.staging("a")
    told(at, "timeout: 3")
    at.serve.hanging.add(digest("b"))
    endless = with_options(at, patience=patience(1_000_000))
    at.bring("b")
    assert endless.reconciler.reconcile(*STAGING).outcome.reason == Reason.ROLLED_BACK


def test_what_was_put_right_is_told_by_its_first_key(at):
    at.staging("a")
    edit(at)
    outcome = at.reconciler.reconcile(*STAGING).outcome
    assert outcome.reason == Reason.HEALED
    assert outcome.message.endswith("before: deployments[0].num_replicas: got 3, expected 1")


def test_what_git_no_longer_names_stays_where_the_policy_says_so(at):
    at.staging("a")
    told(at, "prune: false")
    at.drop()
    assert at.reconciler.reconcile(*STAGING).outcome.reason == Reason.NOT_PRUNED
    assert at.serve.digest("staging-fraud") == digest("a")


def test_an_environment_that_is_empty_at_once_is_not_pruned(at):
    at.staging("a")
    at.drop()
    outcome = at.reconciler.reconcile(*STAGING).outcome
    assert (type(outcome), outcome.reason) == (Blocked, Reason.EMPTIED)
    assert "slipway prune --env staging --confirm" in outcome.message
    assert at.serve.digest("staging-fraud") == digest("a")


def test_a_confirmed_prune_happens_once_and_counts_for_nothing_later(at):
    at.staging("a")
    at.drop()
    assert confirm_prune(at.forge, "staging", "ann")[1] == ["fraud"]
    assert at.reconciler.reconcile(*STAGING).outcome.reason == Reason.REMOVED
    at.staging("b")
    at.drop()
    assert at.reconciler.reconcile(*STAGING).outcome.reason == Reason.EMPTIED


def test_there_is_nothing_to_confirm_where_git_names_manifests(at):
    at.staging("a")
    with pytest.raises(NothingToPrune, match="staging waits for no confirmation"):
        confirm_prune(at.forge, "staging", "ann")


def test_a_manifest_taken_out_of_history_is_removed(at):
    at.neighbour()
    base = at.forge.head()
    at.staging("a")
    command = ["git", f"--git-dir={at.forge.path}", "update-ref", "refs/heads/main", base]
    subprocess.run(command, check=True, env=clean_environment())
    assert at.reconciler.reconcile(*STAGING).outcome.reason == Reason.REMOVED
    assert at.serve.puts[-1]["applications"] == []
    assert at.reconciler.reconcile(*STAGING).acts == ()


def test_a_foreign_application_under_our_name_is_never_removed(at):
    at.neighbour()
    at.staging("a")
    at.drop()
    at.reconciler.reconcile(*STAGING)
    theirs = {"name": "staging-fraud", "import_path": "shop:app"}
    at.serve.applications["staging-fraud"] = Application(theirs, looks=-1)
    puts = len(at.serve.puts)
    assert at.reconciler.reconcile(*STAGING).outcome.reason == Reason.REMOVED
    assert len(at.serve.puts) == puts


@pytest.mark.parametrize("text", ["- a\n", "fraud: 3\n", "3: a\n", "&x a\n"])
def test_a_confirmation_that_cannot_be_used_is_refused(text):
    with pytest.raises(PruneInvalid, match=r"gitops/prunes/staging\.yaml"):
        parse_prune(text, prune_path("staging"))
