"""The commit that a model's code stands at, and whether files differ from it."""

import pytest

from resources.checkout import UNKNOWN, Checkout, is_commit
from tests.support.checkouts import FILES, commit_all, committed, git, write


@pytest.fixture
def checkout(tmp_path):
    return committed(tmp_path / "checkout")


def test_a_committed_checkout_is_named_by_its_commit(checkout):
    code = checkout.code("tiny")
    assert code.clean
    assert code.name == code.commit == git(checkout.root, "rev-parse", "HEAD")
    assert is_commit(code.name)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_named_and_the_commit_is_called_dirty(checkout, name):
    write(checkout.root, name, "# changed\n")
    code = checkout.code("tiny")
    assert (code.clean, code.changed) == (False, (name,))
    assert code.name == f"{code.commit}-dirty"
    assert not is_commit(code.name)


@pytest.mark.parametrize("name", ["resources/new.py", "platform_assets/defs/tiny/more words.yaml"])
def test_a_file_that_is_in_no_commit_counts(checkout, name):
    write(checkout.root, name, "")
    assert checkout.code("tiny").changed == (name,)


def test_a_deleted_and_a_renamed_file_count(checkout):
    (checkout.root / FILES[0]).unlink()
    git(checkout.root, "mv", FILES[1], "platform_assets/ml/other.py")
    assert set(checkout.code("tiny").changed) == {FILES[0], FILES[1], "platform_assets/ml/other.py"}


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/page.md",
        "tests/test_it.py",
        "gitops/environments/staging/tiny.yaml",
        "platform_assets/defs/other/estimator.py",
    ],
)
def test_what_cannot_change_the_model_does_not_count(checkout, name):
    write(checkout.root, name, "words")
    assert checkout.code("tiny").clean


def test_committing_the_change_makes_another_clean_commit(checkout):
    before = checkout.code("tiny").commit
    write(checkout.root, FILES[1], "# changed\n")
    after = commit_all(checkout.root)
    assert checkout.code("tiny").name == after != before


def test_a_folder_outside_git_is_unknown_and_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code = Checkout(tmp_path).code("tiny")
    assert (code.name, code.clean) == (UNKNOWN, False)
    assert "not a git repository" in code.problem


def test_a_folder_inside_another_repository_is_unknown(checkout):
    inner = checkout.root / "unpacked"
    inner.mkdir()
    code = Checkout(inner).code("tiny")
    assert code.name == UNKNOWN
    assert str(checkout.root) in code.problem


def test_a_repository_without_a_commit_is_unknown(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert Checkout(tmp_path).code("tiny").problem == "it has no commit yet"


def test_the_repository_that_a_hook_names_is_not_asked(checkout, tmp_path, monkeypatch):
    other = committed(tmp_path / "other")
    write(other.root, FILES[1], "# changed\n")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    assert checkout.code("tiny").clean
