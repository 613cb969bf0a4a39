"""Where signed commits are wanted, an unsigned change is refused and what was healthy stays."""

from dataclasses import replace

import pytest

from gitops.conditions import Blocked, Reason
from gitops.errors import CommitUnsigned
from gitops.local_forge import LocalForge
from gitops.manifest import manifest_path, render
from gitops.policy import POLICY_PATH
from tests.support.releases import POLICY, digest, manifest, with_options, world
from tests.support.signers import WANTED, Signers

WHERE = ("staging", "fraud")
PATH = manifest_path(*WHERE)


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    return Signers.create(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def signed(tmp_path, serve, signers):
    """A world whose policy wants signatures, with version a live in staging."""
    here = world(tmp_path, serve, signers.forge(tmp_path / "gitops.git"))
    with here.runtime:
        here.staging("a")
        yield here


def blocked(at):
    """Why nothing was done, after it was seen that nothing was."""
    outcome = at.reconciler.reconcile(*WHERE).outcome
    assert (type(outcome), outcome.reason) == (Blocked, Reason.UNSIGNED)
    assert at.serve.digest("staging-fraud") == digest("a")
    return outcome.message


def unable(at, signers):
    """The same repository for a process that has no key."""
    return replace(at, forge=LocalForge(at.forge.path, signers.judging))


@pytest.mark.parametrize("by", [None, "eve"])
def test_a_change_that_nobody_allowed_signed_is_not_followed(signed, signers, by):
    pushed = signers.push(signed.forge, {PATH: render(manifest("b"))}, by)
    assert f"{pushed[:12]} carries no" in blocked(signed)


def test_the_same_change_signed_by_somebody_allowed_is_followed(signed, signers):
    signers.push(signed.forge, {PATH: render(manifest("b"))})
    blocked(signed)
    signers.push(signed.forge, {PATH: render(manifest("b", replicas=2))}, "ann")
    assert signed.reconciler.reconcile(*WHERE).outcome.reason == Reason.HEALTHY
    assert signed.serve.digest("staging-fraud") == digest("b")


def test_an_unsigned_removal_removes_nothing(signed, signers):
    signed.neighbour()
    signers.push(signed.forge, {PATH: None})
    blocked(signed)


def test_an_unsigned_push_cannot_take_the_wish_out_of_the_policy(signed, signers):
    signers.push(signed.forge, {POLICY_PATH: POLICY})
    signers.push(signed.forge, {POLICY_PATH: f"{POLICY}\n", PATH: render(manifest("b"))})
    assert f"{POLICY_PATH}: the policy wants signed commits" in blocked(signed)
    signers.push(signed.forge, {POLICY_PATH: POLICY}, "ann")
    assert signed.reconciler.reconcile(*WHERE).outcome.reason == Reason.HEALTHY
    assert signed.serve.digest("staging-fraud") == digest("b")


def test_a_bad_version_is_taken_back_by_a_signed_commit(signed):
    signed.bring("b", fault_delay_ms=200)
    report = signed.reconciler.reconcile(*WHERE)
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert signed.forge.signature(report.reverted_to).signer == "slipway"
    assert signed.serve.digest("staging-fraud") == digest("a")


def test_a_reconciler_that_could_sign_no_rollback_begins_nothing(signed, signers):
    signed.bring("b")
    assert "set SLIPWAY_GITOPS_SIGNING_KEY_FILE" in blocked(with_options(unable(signed, signers)))


def test_what_was_live_before_signatures_were_wanted_stays_healthy(tmp_path, serve, signers):
    here = world(tmp_path, serve)
    with here.runtime:
        here.staging("a")
        signers.push(here.forge, {POLICY_PATH: WANTED}, "ann")
        later = with_options(replace(here, forge=LocalForge(here.forge.path, signers.signing())))
        assert later.reconciler.reconcile(*WHERE).outcome.reason == Reason.HEALTHY


def test_a_release_that_could_not_be_signed_is_refused_and_git_left_alone(signed, signers):
    head = signed.forge.head()
    with pytest.raises(CommitUnsigned, match="staging: the policy wants signed commits"):
        unable(signed, signers).bring("b")
    assert signed.forge.head() == head


def test_an_unsigned_promotion_is_not_merged_and_is_signed_when_proposed_again(
    tmp_path, serve, signers
):
    """It was opened before the policy wanted signatures."""
    here = world(tmp_path, serve)
    with here.runtime:
        here.staging("a")
        number = here.bring("a", "production").promotion.number
        signers.push(here.forge, {POLICY_PATH: WANTED}, "ann")
        later = replace(here, forge=LocalForge(here.forge.path, signers.signing()))
        with pytest.raises(CommitUnsigned, match=r"production: .*carries no signature"):
            later.forge.merge(number, "ann")
        assert later.bring("a", "production").promotion.number == number
        merged = later.forge.merge(number, "ann")
        assert later.forge.signature(merged).signer == "slipway"


def test_a_key_that_is_not_allowed_writes_nothing(signed, signers):
    head = signed.forge.head()
    by_eve = replace(signed, forge=LocalForge(signed.forge.path, signers.signing("eve")))
    with pytest.raises(CommitUnsigned, match="no good signature of an allowed signer"):
        by_eve.bring("b")
    assert signed.forge.head() == head
