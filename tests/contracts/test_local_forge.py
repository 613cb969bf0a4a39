"""The bare repository keeps the contract, and is a repository like any other."""

import multiprocessing
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from gitops.errors import RepositoryMissing, StaleLock
from gitops.forge import Forge
from gitops.local_forge import LocalForge
from gitops.plumbing import clean_environment
from gitops.record import DeploymentRecord
from tests.contracts.changes import FILE, MESSAGE, opened
from tests.contracts.forge_suite import ForgeContract
from tests.support.releases import SEED


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    return LocalForge.create(tmp_path / "gitops.git", SEED)


def git(forge: LocalForge, *arguments: str) -> str:
    command = ["git", f"--git-dir={forge.path}", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=clean_environment()
    )
    return done.stdout.strip()


class TestLocalForge(ForgeContract):
    def test_it_is_a_forge(self, forge):
        checked: Forge = forge
        assert checked.head()

    def test_making_it_twice_keeps_what_is_there(self, forge):
        head = forge.commit(forge.head(), {FILE: "one\n"}, MESSAGE)
        assert LocalForge.create(forge.path, {"other": "seed"}).head() == head

    def test_a_repository_without_main_gets_its_first_commit(self, tmp_path):
        path = tmp_path / "empty.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
        forge = LocalForge.create(path, SEED)
        assert forge.paths("gitops", forge.head()) == list(SEED)

    def test_what_is_no_repository_is_said_to_be_none(self, tmp_path):
        with pytest.raises(RepositoryMissing, match="there is no HEAD file"):
            LocalForge(tmp_path / "nothing").head()

    def test_git_finds_nothing_wrong_with_it(self, forge):
        promotion = opened(forge)
        forge.merge(promotion.number, "ann")
        assert git(forge, "fsck", "--strict", "--no-dangling") == ""

    def test_garbage_collection_loses_nothing(self, forge):
        promotion = opened(forge)
        record = DeploymentRecord("production", "fraud", attempted=forge.head())
        forge.write_record(record, None)
        git(forge, "gc", "--quiet", "--prune=now")
        assert forge.read(FILE, promotion.commit) == "bundle a\n"
        assert forge.promotions()[0].number == promotion.number
        assert forge.read_record("production", "fraud") == record

    def test_a_person_may_clone_push_and_be_seen(self, forge, tmp_path):
        work = tmp_path / "work"
        git(forge, "clone", "--quiet", str(forge.path), str(work))
        (work / "note").write_text("by hand\n")
        for command in (["add", "note"], ["commit", "-qm", "By hand"], ["push", "-q"]):
            subprocess.run(["git", *command], cwd=work, check=True, env=clean_environment())
        assert forge.read("note", forge.head()) == "by hand\n"

    def test_refs_name_the_attempted_applied_and_healthy_revisions(self, forge):
        head = forge.head()
        record = DeploymentRecord("staging", "fraud", attempted=head, applied=head)
        forge.write_record(record, None)
        refs = git(forge, "for-each-ref", "--format=%(refname)", "refs/slipway/staging")
        names = [ref.removeprefix("refs/slipway/staging/fraud/") for ref in refs.splitlines()]
        assert names == ["applied", "attempted", "record"]


class TestSurroundings:
    def test_variables_of_a_git_hook_do_not_lead_it_astray(self, forge, monkeypatch, tmp_path):
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
        head = forge.commit(forge.head(), {FILE: "one\n"}, MESSAGE)
        assert forge.last_change(FILE, head).author == "Slipway"
        assert list(tmp_path.iterdir()) == [forge.path]

    def test_settings_of_the_user_do_not_reach_it(self, forge, monkeypatch, tmp_path):
        settings = tmp_path / "gitconfig"
        settings.write_text("[commit]\n\tgpgSign = true\n[user]\n\tname = somebody\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        head = forge.commit(forge.head(), {FILE: "one\n"}, MESSAGE)
        assert forge.last_change(FILE, head).author == "Slipway"

    def test_a_lock_of_a_dead_process_is_reported_with_the_remedy(self, forge):
        lock = forge.path / "refs/heads/main.lock"
        lock.touch()
        long_ago = time.time() - 3600
        os.utime(lock, (long_ago, long_ago))
        with pytest.raises(StaleLock, match=rf"rm '.*{lock.name}'"):
            forge.commit(forge.head(), {FILE: "one\n"}, MESSAGE)

    def test_a_lock_that_is_held_now_is_waited_for(self, forge):
        lock = forge.path / "refs/heads/main.lock"
        lock.touch()
        release = threading.Timer(0.3, lock.unlink)
        release.start()
        head = forge.commit(forge.head(), {FILE: "one\n"}, MESSAGE)
        release.join()
        assert forge.head() == head


def make(path: Path) -> None:
    LocalForge.create(path, SEED)


def test_two_processes_may_make_it_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    path = tmp_path / "gitops.git"
    makers = [context.Process(target=make, args=(path,)) for _ in range(2)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0, 0]
    assert git(LocalForge(path), "rev-list", "--count", "main") == "1"
    assert list(tmp_path.iterdir()) == [path]
