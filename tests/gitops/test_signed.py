"""Where signed commits are wanted, an unsigned change is refused and what was healthy stays."""

from dataclasses import replace
from itertools import chain, repeat

import pytest

from gitops import signed_line
from gitops.conditions import Blocked, Reason
from gitops.errors import CommitUnsigned
from gitops.git_tree import MAIN
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


def many_policies(forge, count):
    """Push so many unsigned changes of the policy, none of which wants signatures."""
    texts = (f"{POLICY}{'#' * number}\n" for number in range(1, count + 1))
    stream = "".join(
        f"commit {MAIN}\ncommitter x <x@x> 1767225600 +0000\ndata 1\nx\n{begin}"
        f"M 100644 inline {POLICY_PATH}\ndata {len(text)}\n{text}\n"
        for text, begin in zip(texts, chain([f"from {MAIN}^0\n"], repeat("")), strict=False)
    )
    forge._git.text("fast-import", "--quiet", stdin=stream)


def test_a_wish_is_not_buried_under_a_thousand_changes_of_the_policy(signed, signers):
    """Only the last thousand changes were looked at."""
    many_policies(signed.forge, 1001)
    signers.push(signed.forge, {PATH: render(manifest("b"))})
    fresh = replace(signed, forge=LocalForge(signed.forge.path, signers.signing()))
    for at in (signed, with_options(fresh)):
        assert f"{POLICY_PATH}: the policy wants signed commits" in blocked(at)


def beside(at, signers, changes, by=None, policy=POLICY):
    """Push main to the side of a line of one's own, which grew from where main began."""
    head = at.forge.head()
    begin = at.forge._git.text("commit-tree", f"{head}^{{tree}}", "-m", "Begin anew")
    own = at.forge._git.commit_tree(
        at.forge._git.write_tree(begin, {POLICY_PATH: policy, **changes}), [begin], "Own"
    )
    return signers.push_onto(at.forge, [own, head], {}, by)


@pytest.mark.parametrize("policy", [POLICY, WANTED])
def test_a_merge_with_swapped_parents_gets_past_no_signature(signed, signers, policy):
    """Only first parents were looked at, and those were the pusher's own."""
    beside(signed, signers, {PATH: render(manifest("b"))}, policy=policy)
    fresh = replace(signed, forge=LocalForge(signed.forge.path, signers.signing()))
    for at in (signed, with_options(fresh)):
        blocked(at)


def test_an_old_signed_version_is_not_brought_back_by_swapped_parents(signed, signers):
    old = signed.forge.head()
    signed.bring("b")
    assert signed.reconciler.reconcile(*WHERE).outcome.reason == Reason.HEALTHY
    signers.push_onto(signed.forge, [old, signed.forge.head()], {})
    fresh = replace(signed, forge=LocalForge(signed.forge.path, signers.signing()))
    for at in (signed, with_options(fresh)):
        assert "a merge with swapped parents" in at.reconciler.reconcile(*WHERE).outcome.message
    signers.push(signed.forge, {"notes": "meant so\n"}, "ann")
    assert signed.reconciler.reconcile(*WHERE).outcome.reason == Reason.HEALTHY
    assert signed.serve.digest("staging-fraud") == digest("a")


@pytest.mark.parametrize("of", ["attempted", "healthy"])
def test_a_record_vouches_for_no_signature(signed, signers, of):
    """Whoever may write to refs/slipway could have an unsigned change followed."""
    pushed = signers.push(signed.forge, {PATH: render(manifest("b"))})
    record = signed.forge.read_record(*WHERE)
    signed.forge.write_record(replace(record, **{of: pushed}), record)
    blocked(signed)


def test_nothing_unsigned_is_put_back_under_slipway_s_own_signature(signed, signers):
    own = signers.push(signed.forge, {PATH: render(manifest("c"))})
    signed.bring("b", fault_delay_ms=200)
    record = signed.forge.read_record(*WHERE)
    signed.forge.write_record(replace(record, healthy=own), record)
    head = signed.forge.head()
    assert signed.reconciler.reconcile(*WHERE).outcome.reason == Reason.UNSIGNED
    assert signed.forge.head() == head


def test_what_was_looked_at_is_kept_for_one_head_alone(signed, signers):
    for number in range(3):
        signers.push(signed.forge, {"notes": f"{number}\n"}, "ann")
        signed.reconciler.reconcile(*WHERE)
    assert signed_line._VOUCHED[signed.forge].head == signed.forge.head()


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
