"""A pull request is judged by what it changes, also one that no program of ours wrote."""

from dataclasses import replace

import pytest

from gitops.__main__ import DONE, FAILED, main
from gitops.conditions import Verdict
from gitops.holds import hold
from gitops.local_forge import LocalForge
from gitops.manifest import render
from gitops.policy import POLICY_PATH
from gitops.signing import SIGNERS
from tests.support.releases import POLICY, SEED, digest, evidence, manifest
from tests.support.signers import Signers

FREEZE = "freeze: [{from: 2000-01-01T00:00:00Z, until: 2999-01-01T00:00:00Z, reason: audit}]"


def papers(letter: str = "a", environment: str = "production", **fields) -> dict[str, str]:
    """The files of a promotion as Slipway writes it."""
    wanted = manifest(letter, environment, **fields)
    return {wanted.path: render(wanted), evidence(wanted).path: evidence(wanted).to_json()}


def proposed(forge, changes: dict[str, str | None]) -> str:
    """A commit beside main."""
    return forge._prepare(forge.head(), changes, "Promote by hand\n")


def checked(forge, changes, capsys, *options: str) -> tuple[int, str]:
    head = proposed(forge, changes)
    arguments = ["--git-dir", str(forge.path), "--base", forge.head(), "--head", head, *options]
    code = main(["check-promotion", *arguments])
    return code, capsys.readouterr().out


def test_a_promotion_with_its_evidence_may_be_merged(forge, capsys):
    code, said = checked(forge, papers(), capsys)
    assert (code, said.count("\n")) == (DONE, 1)
    assert "cannot be reached from here" in said


def test_a_change_without_a_manifest_is_no_promotion(forge, capsys):
    code, said = checked(forge, {"docs/notes.md": "x\n"}, capsys)
    assert (code, said) == (DONE, "no manifest changes: this is no promotion\n")


@pytest.mark.parametrize(
    "path",
    [
        "gitops/environments/staging/fraud.yaml",
        "gitops/environments/production/diabetes.yaml",
        "gitops/holds/production/fraud.yaml",
        "gitops/environments/production/notes.txt",
        ".github/workflows/ci.yml",
        "serving/app.py",
    ],
)
def test_a_promotion_that_changes_anything_else_is_refused_by_path(forge, capsys, path):
    code, said = checked(forge, papers() | {path: "x\n"}, capsys)
    assert code == FAILED
    assert "changes one manifest and its evidence alone" in said


def test_a_promotion_that_loosens_the_policy_is_judged_by_the_policy_before(forge, capsys):
    strict = POLICY.replace("name: production\n", f"name: production\n    {FREEZE}\n")
    forge.commit(forge.head(), {POLICY_PATH: strict}, "Freeze")
    code, said = checked(forge, papers() | {POLICY_PATH: POLICY}, capsys)
    assert code == FAILED
    assert "production is frozen until 2999-01-01T00:00+00:00 (audit)" in said
    assert f"{POLICY_PATH}: changed beside" in said


def test_a_promotion_without_the_test_score_that_the_policy_asks_for_is_refused(forge, capsys):
    asking = POLICY.replace("name: production\n", "name: production\n    test_score: 5\n")
    forge.commit(forge.head(), {POLICY_PATH: asking}, "Ask for a score")
    code, said = checked(forge, papers(), capsys)
    assert code == FAILED
    assert "'test_score' is missing: production asks for at least 5" in said


def test_a_manifest_without_evidence_is_refused(forge, capsys):
    only = {path: text for path, text in papers().items() if path.endswith(".yaml")}
    code, said = checked(forge, only, capsys)
    assert (code, "nothing speaks for" in said) == (FAILED, True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"bundle_digest": digest("b")}, "bundle_digest"),
        ({"data_version": "cleaned=4"}, "data_version: got 'cleaned=4'"),
        ({"evaluation_run": "run-z"}, "evaluation_run: got 'run-z'"),
        ({"gates": ()}, "the evidence has no gates"),
        ({"gates": (Verdict("quality", False, "auc", 0.5, 0.7),)}, "gate 'quality' failed"),
        ({"endpoint": (Verdict("latency", False, "p99", 900.0, 150.0),)}, "p99 was 900"),
    ],
)
def test_evidence_that_does_not_speak_for_the_manifest_is_refused(forge, capsys, change, problem):
    wanted = manifest("a", "production")
    told = replace(evidence(wanted), **change)
    code, said = checked(forge, {wanted.path: render(wanted), told.path: told.to_json()}, capsys)
    assert (code, problem in said) == (FAILED, True)


def test_a_promotion_that_grew_from_an_older_main_is_refused(forge, capsys):
    forge.commit(forge.head(), papers("b"), "Release b")
    code, said = checked(forge, papers("a"), capsys)
    assert (code, f"expected {digest('b')}" in said) == (FAILED, True)
    assert checked(forge, papers("a", previous_digest=digest("b")), capsys)[0] == DONE


def test_what_is_held_here_or_earlier_is_refused(forge, capsys):
    hold(forge, "staging", "fraud", digest("a"), "smells", "ann")
    code, said = checked(forge, papers(), capsys)
    assert (code, "is held in staging: smells" in said) == (FAILED, True)


def test_approvals_are_counted_where_they_are_told(forge, capsys):
    pair = POLICY.replace(
        "name: production\n", "name: production\n    approvers: {names: [ann, bob], count: 2}\n"
    )
    forge.commit(forge.head(), {POLICY_PATH: pair}, "Two people")
    code, said = checked(forge, papers(), capsys, "--approved-by", "ann", "mallory")
    assert (code, "approved by ann, expected 2 of ann, bob" in said) == (FAILED, True)
    assert checked(forge, papers(), capsys, "--approved-by", "ann", "bob")[0] == DONE
    own = ("--author", "ann", "--approved-by", "ann", "bob")
    assert "approved by bob, expected 2" in checked(forge, papers(), capsys, *own)[1]


def test_a_bundle_that_is_another_one_is_refused(forge, capsys, tmp_path):
    folder = tmp_path / ("a" * 64)
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    code, said = checked(forge, papers(bundle_uri=folder.as_uri()), capsys)
    assert (code, f"expected {digest('a')}" in said) == (FAILED, True)


def test_a_comment_shows_names_and_obeys_none_of_them(forge, capsys):
    evil = "gitops/@team <script>alert(1)<b> | [x](www.evil.example)"
    code, said = checked(forge, papers() | {evil: "x\n"}, capsys, "--markdown")
    assert code == FAILED
    assert said.startswith("### Checked: not to be merged\n\n| what | is |\n")
    assert all(sign not in said for sign in ("@team", "<script", "](www", "www."))


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    return Signers.create(tmp_path_factory.mktemp("keys"))


def checked_by(signers, by, changes, tmp_path, monkeypatch, capsys):
    """The check of a change that somebody proposes where signatures are wanted."""
    wanted = signers.forge(tmp_path / "signed.git")
    wanted.commit(wanted.head(), {"notes": "x\n"}, "Begin")
    proposing = LocalForge(wanted.path, signers.signing(by) if by else None)
    monkeypatch.setenv(SIGNERS, str(signers.allowed))
    return checked(proposing, changes, capsys)


@pytest.mark.parametrize("by", [None, "eve"])
@pytest.mark.parametrize("changes", [papers(), {POLICY_PATH: POLICY}])
def test_where_signatures_are_wanted_an_unsigned_proposal_is_refused(
    signers, tmp_path, monkeypatch, capsys, changes, by
):
    """It was told that it may be merged, and then kept back once it was on main."""
    code, said = checked_by(signers, by, changes, tmp_path, monkeypatch, capsys)
    assert (code, "the policy wants signed commits" in said) == (FAILED, True)


def test_where_signatures_are_wanted_a_signed_proposal_may_be_merged(
    signers, tmp_path, monkeypatch, capsys
):
    assert checked_by(signers, "ann", papers(), tmp_path, monkeypatch, capsys)[0] == DONE


def test_the_host_s_word_is_taken_for_the_head_alone(signers, tmp_path, capsys):
    forge = signers.forge(tmp_path / "signed.git")
    unable = LocalForge(forge.path)
    assert checked(unable, papers(), capsys, "--host-verification", "valid")[0] == DONE
    code, said = checked(unable, papers(), capsys, "--host-verification", "bad_email")
    assert (code, "is not verified by the git host (bad email)" in said) == (FAILED, True)


def test_a_commit_that_is_not_there_is_named(forge, capsys):
    arguments = ["--git-dir", str(forge.path), "--base", "main", "--head", "--upload-pack=x"]
    with pytest.raises(SystemExit):
        main(["check-promotion", *arguments])
    assert main(["check-promotion", *arguments[:4], "--head", "nowhere"]) == FAILED
    assert "no commit 'nowhere'" in capsys.readouterr().err


def test_the_seed_of_a_repository_has_nothing_to_refuse(forge, capsys):
    assert checked(forge, dict(SEED), capsys)[0] == DONE
