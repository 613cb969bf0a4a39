"""Commits are signed with real keys and judged by git, which asks ssh-keygen."""

import pytest
from pydantic import SecretStr

from gitops.errors import GitFailed
from gitops.local_forge import LocalForge
from gitops.signing import Signing
from tests.support.releases import SEED
from tests.support.signers import Signers


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    return Signers.create(tmp_path_factory.mktemp("keys"))


def committed(place, signing):
    forge = LocalForge.create(place / "gitops.git", SEED, signing)
    return forge, forge.commit(forge.head(), {"note": "text\n"}, "Note")


def judged(forge, revision, signers):
    return LocalForge(forge.path, signers.judging).signature(revision)


def test_what_slipway_commits_names_who_signed(tmp_path, signers):
    forge, revision = committed(tmp_path, signers.signing())
    assert forge.signs
    assert judged(forge, revision, signers).signer == "slipway"


def test_the_first_commit_is_signed_too(tmp_path, signers):
    forge = LocalForge.create(tmp_path / "gitops.git", SEED, signers.signing())
    assert judged(forge, forge.head(), signers).good


def test_a_key_may_be_given_as_text_with_its_line_breaks_escaped(tmp_path, signers):
    text = signers.key("ann").read_text().replace("\n", "\\n")
    forge, revision = committed(tmp_path, Signing(key=SecretStr(text)))
    assert judged(forge, revision, signers).signer == "ann"
    assert list(tmp_path.glob("slipway-key-*")) == []


def test_a_key_that_nobody_allows_is_named_by_its_fingerprint(tmp_path, signers):
    forge, revision = committed(tmp_path, signers.signing("eve"))
    found = judged(forge, revision, signers)
    assert not found.good
    assert "no good signature of an allowed signer (SHA256:" in found.problem


def test_a_commit_without_a_signature_is_told_from_one_with_a_bad_one(tmp_path, signers):
    forge, revision = committed(tmp_path, None)
    assert not forge.signs
    assert judged(forge, revision, signers).problem == "carries no signature"


def test_a_signature_over_other_words_is_not_good(tmp_path, signers):
    forge, revision = committed(tmp_path, signers.signing())
    git = forge._git
    raw = git.run("cat-file", "commit", revision).replace(b"Note", b"Nope")
    forged = git.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw).decode().strip()
    assert not judged(forge, forged, signers).good


def test_without_a_list_of_signers_no_signature_counts(tmp_path, signers):
    forge, revision = committed(tmp_path, signers.signing())
    problem = LocalForge(forge.path).signature(revision).problem
    assert "set SLIPWAY_GITOPS_SIGNERS_FILE" in problem


def test_a_key_that_cannot_be_used_stops_the_commit(tmp_path, signers):
    with pytest.raises(GitFailed, match="nowhere"):
        committed(tmp_path, Signing(key_file=tmp_path / "nowhere", signers=signers.allowed))
