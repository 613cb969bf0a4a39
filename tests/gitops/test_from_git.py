"""A plan of what a merge would do, where no running system can be asked."""

import shutil

import pytest

from gitops.__main__ import DONE, FAILED, NOT_YET, main
from gitops.canary import CanaryPolicy
from gitops.errors import HeadMoved, RuntimeUnavailable
from gitops.from_git import ProposedForge, RecordedRuntime
from gitops.holds import hold
from gitops.manifest import render
from gitops.signing import SIGNERS
from tests.support.git_host import run
from tests.support.releases import bring, digest, manifest
from tests.support.signers import Signers

NOWHERE = ["--api", "http://127.0.0.1:9", "--endpoint", "http://127.0.0.1:9"]


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))


def planned(repository, capsys, *options: str) -> tuple[int, str]:
    code = main(["plan", "--from-git", "--repository", str(repository), *NOWHERE, *options])
    return code, capsys.readouterr().out


def test_what_was_proven_last_counts_as_what_runs(at, capsys):
    at.staging("a")
    at.serve.outage = True
    code, said = planned(at.forge.path, capsys)
    assert (code, "staging/fraud: settled (Healthy)" in said) == (DONE, True)


def test_what_is_new_in_git_would_replace_it(at, capsys):
    at.staging("a")
    at.bring("b")
    code, said = planned(at.forge.path, capsys)
    assert (code, "aaaaaaaaaaaa -> bbbbbbbbbbbb, would record-attempt" in said) == (NOT_YET, True)


def test_what_was_removed_runs_no_more(at, capsys):
    at.neighbour()
    at.staging("a")
    at.drop()
    at.reconciler.reconcile("staging", "fraud")
    said = planned(at.forge.path, capsys, "--model", "fraud")
    assert said == (DONE, f"staging/fraud: settled (Removed): {removed(at)}\n")


def removed(at) -> str:
    return f"nothing is served since {at.forge.read_record('staging', 'fraud').healthy[:12]}"


def test_a_promotion_is_planned_before_it_is_merged(at, capsys):
    at.staging("a")
    promotion = at.bring("a", "production").promotion
    assert "production" not in planned(at.forge.path, capsys)[1]
    code, said = planned(at.forge.path, capsys, "--revision", promotion.commit)
    assert (code, "production/fraud: nothing -> aaaaaaaaaaaa, would" in said) == (NOT_YET, True)


def test_a_promotion_that_would_be_blocked_once_merged_says_why(at, capsys):
    at.staging("a")
    promotion = at.bring("a", "production").promotion
    hold(at.forge, "staging", "fraud", digest("a"), "smells", "ann")
    merged = merged_by_github(at, promotion.commit)
    code, said = planned(at.forge.path, capsys, "--revision", merged, "--environment", "production")
    assert (code, "blocked (HeldInEarlierEnvironment)" in said) == (FAILED, True)


def merged_by_github(at, commit: str) -> str:
    """What GitHub keeps as the merge that a pull request would be."""
    git = at.forge._git
    tree = git.write_tree(
        at.forge.head(), {p: at.forge.read(p, commit) for p in changed(at, commit)}
    )
    return git.commit_tree(tree, [at.forge.head(), commit], "Merge")


def changed(at, commit: str) -> list[str]:
    return at.forge._git.text("diff", "--name-only", f"{commit}^", commit).splitlines()


def test_a_clone_that_has_the_records_is_enough(at, tmp_path, capsys):
    at.staging("a")
    promotion = at.bring("a", "production").promotion
    clone = tmp_path / "clone"
    run("clone", "--quiet", str(at.forge.path), str(clone))
    run("fetch", "--quiet", "origin", "+refs/slipway/*:refs/slipway/*", cwd=clone)
    run("checkout", "--quiet", "--detach", cwd=clone)
    run("branch", "--quiet", "--delete", "--force", "main", cwd=clone)
    code, said = planned(clone / ".git", capsys, "--revision", promotion.commit)
    assert (code, "staging/fraud: settled (Healthy)" in said) == (NOT_YET, True)


def test_nothing_is_written_and_nobody_is_told(at, tmp_path, capsys):
    at.staging("a")
    at.bring("b")
    before = at.forge._git.refs("refs")
    planned(at.forge.path, capsys)
    assert at.forge._git.refs("refs") == before
    assert not (tmp_path / "home").exists()


def test_the_records_take_in_no_application(at):
    with pytest.raises(RuntimeUnavailable, match="nobody takes 1 in here"):
        RecordedRuntime(at.forge).apply([{}])


def test_a_candidate_on_its_way_runs_at_its_step(at, capsys):
    """The step was unknown, so every plan told it anew."""
    at.staging("a")
    at.bring("b", canary=CanaryPolicy())
    at.reconciler.reconcile("staging", "fraud")
    at.serve.outage = True
    code, said = planned(at.forge.path, capsys)
    assert (code, said.split(", would ")[1]) == (NOT_YET, "await-ready, analyse\n")


def test_the_records_are_read_once_for_all_targets(at):
    at.staging("a")
    at.neighbour()
    at.reconciler.reconcile("staging", "other")
    runtime = RecordedRuntime(at.forge)
    assert set(runtime.observe()) == {"staging-fraud", "staging-other"}
    shutil.rmtree(at.forge.path)
    assert runtime.live("/staging/fraud").digest == digest("a")


def test_where_nobody_knows_who_may_sign_a_plan_says_nothing_of_signatures(
    at, tmp_path, monkeypatch, capsys
):
    """Every plan said Unsigned, since neither the signers nor a key are known there."""
    signers = Signers.create(tmp_path)
    forge = signers.forge(tmp_path / "signed.git")
    bring(forge, manifest("a"))
    pushed = signers.push(forge, {manifest("a").path: render(manifest("b"))})
    assert "would record-attempt" in planned(forge.path, capsys, "--revision", pushed)[1]
    monkeypatch.setenv(SIGNERS, str(signers.allowed))
    assert "Unsigned" in planned(forge.path, capsys, "--revision", pushed)[1]
    assert "would record-attempt" in planned(forge.path, capsys, "--revision", f"{pushed}^")[1]


def test_a_commit_on_top_of_what_is_proposed_finds_main_elsewhere(forge):
    proposed = forge._prepare(forge.head(), {"notes": "x"}, "Propose")
    there = ProposedForge(forge.path, proposed)
    assert there.read("notes", there.head()) == "x"
    with pytest.raises(HeadMoved, match=f"expected {proposed[:12]}"):
        there.commit(proposed, {"notes": "y"}, "Too early")


@pytest.mark.parametrize(
    ("repository", "said"),
    [
        ("{here}", "no commit 'nowhere'"),
        ("https://git.example.com/x.git", "a path of this machine"),
    ],
)
def test_a_revision_that_is_not_here_is_refused(at, capsys, repository, said):
    place = repository.format(here=at.forge.path)
    assert main(["plan", "--from-git", "--repository", place, "--revision", "nowhere"]) == FAILED
    assert said in capsys.readouterr().err
