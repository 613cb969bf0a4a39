"""A version is trained again from the files of its commit, and nothing of that stays behind."""

import platform
import sys
from pathlib import Path

import pytest

from platform_assets.errors import NotReproducible
from platform_assets.identity import digest_of_files
from platform_assets.reproduction.pins import Pins
from platform_assets.reproduction.place import ENTRY, LOCK, environment, workplace
from tests.support.checkouts import commit_all, committed, git, write


class Said(list):
    """What was told meanwhile."""

    def __call__(self, text):
        self.append(text)


@pytest.fixture
def checkout(tmp_path):
    made = committed(tmp_path / "checkout")
    write(made.root, LOCK, "# nothing is locked\n")
    write(made.root, ENTRY.as_posix(), "# the way in\n")
    commit_all(made.root)
    return made


def pins(checkout, **changes):
    fields = {
        "model": "tiny",
        "version": "3",
        "digest": "sha256:a",
        "commit": git(checkout.root, "rev-parse", "HEAD"),
        "training_set": 7,
        "table": "a table",
        "candidate": "a candidate",
        "lock": digest_of_files([checkout.root / LOCK]),
        "python": platform.python_version(),
        "search": {},
        "tried": 1,
    }
    return Pins(**{**fields, **changes})


def test_the_checkout_itself_will_do_while_it_has_the_same_code(checkout, tmp_path):
    wanted = pins(checkout)
    write(checkout.root, "docs/page.md", "words")
    commit_all(checkout.root)
    with workplace(checkout, wanted, tmp_path / "home", Said()) as (place, room):
        assert (place.checkout, place.python) == (checkout.root, Path(sys.executable))
        assert list(room.iterdir()) == []
    assert not room.exists()


@pytest.mark.parametrize("commits", [True, False])
def test_the_files_of_the_commit_are_put_aside_when_the_code_went_on(checkout, tmp_path, commits):
    wanted, said = pins(checkout), Said()
    write(checkout.root, ENTRY.as_posix(), "# another way in\n")
    if commits:
        commit_all(checkout.root)
    with workplace(checkout, wanted, tmp_path / "home", said) as (place, room):
        assert place.checkout == room / "checkout"
        assert (place.checkout / ENTRY).read_text() == "# the way in\n"
    assert said == [f"checking out {wanted.commit[:12]}"]
    assert not room.exists()
    assert len(git(checkout.root, "worktree", "list").splitlines()) == 1


def test_an_interrupted_one_leaves_nothing_and_a_killed_one_is_cleared_away(checkout, tmp_path):
    wanted, home = pins(checkout), tmp_path / "home"
    write(home / "reproduce", "checkout/left", "by a killed process")
    write(checkout.root, ENTRY.as_posix(), "# another way in\n")
    with pytest.raises(KeyboardInterrupt):
        interrupted(workplace(checkout, wanted, home, Said()))
    assert not (home / "reproduce").exists()
    assert len(git(checkout.root, "worktree", "list").splitlines()) == 1


def interrupted(work):
    with work as (place, _):
        assert not (place.checkout / "left").exists()
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"commit": "0" * 40}, "commit 0{40} is not in .*; fetch it: git fetch"),
        ({"lock": "0" * 64}, "requirements.lock of commit .* pinned is 0{64}"),
    ],
)
def test_what_is_gone_is_named_before_anything_is_trained(checkout, tmp_path, changes, said):
    with (
        pytest.raises(NotReproducible, match=f"tiny@3 cannot be reproduced: {said}"),
        workplace(checkout, pins(checkout, **changes), tmp_path / "home", Said()),
    ):
        pass
    assert not (tmp_path / "home" / "reproduce").exists()


def test_a_commit_from_before_this_command_says_so(checkout, tmp_path):
    old = git(checkout.root, "rev-parse", "HEAD~1")
    with (
        pytest.raises(NotReproducible, match=f"commit {old} is older than this command"),
        workplace(checkout, pins(checkout, commit=old), tmp_path / "home", Said()),
    ):
        pass


def test_an_environment_that_cannot_be_made_says_what_differs(checkout, tmp_path):
    write(checkout.root, LOCK, "no-such-library==1.0\n")
    commit_all(checkout.root)
    with (
        pytest.raises(NotReproducible, match=r"no-such-library is missing, locked 1\.0, and no "),
        workplace(checkout, pins(checkout), tmp_path / "home", Said()),
    ):
        pass
    assert not (tmp_path / "home" / "reproduce").exists()


def test_the_process_there_sees_its_own_files_and_this_state(checkout, tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_SQL_SHOP", "a secret")
    with workplace(checkout, pins(checkout), tmp_path, Said()) as (place, _):
        told = environment(place, tmp_path)
    assert (told["PYTHONPATH"], told["SLIPWAY_HOME"]) == (str(checkout.root), str(tmp_path))
    assert told["SLIPWAY_SQL_SHOP"] == "a secret"
