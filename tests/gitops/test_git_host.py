"""A git host that fails, refuses or is slow: what the forge behind it makes of that."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gitops.conditions import Reason, kind
from gitops.errors import (
    AccessDenied,
    AddressRefused,
    AtomicUnsupported,
    ForgeUnavailable,
    HeadMoved,
    PushRefused,
    RepositoryMissing,
)
from gitops.push_forge import PushForge, authorization
from gitops.remote import Remote, _run, check_address
from tests.contracts.changes import FILE, MESSAGE, change, opened
from tests.support.git_host import BASIC, TOKEN, Fault, GitHost, git_host
from tests.support.releases import SEED, world
from tests.support.stack import until

PUSH, FETCH = "/git-receive-pack", "/git-upload-pack"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[GitHost]:
    with git_host(tmp_path) as running:
        yield running


@pytest.fixture
def forge(host: GitHost, tmp_path: Path) -> PushForge:
    remote = Remote(host.make("team.git"), authorization("basic", TOKEN), pause=lambda _: None)
    return PushForge.create(tmp_path / "mirror.git", remote, SEED)


def at(host: GitHost, tmp_path: Path, name: str = "team.git", **fields) -> PushForge:
    """Another forge at the same host, with other habits."""
    fields = {"authorization": authorization("basic", TOKEN), "pause": lambda _: None} | fields
    return PushForge(tmp_path / "another.git", Remote(f"{host.url}/{name}", **fields))


@pytest.mark.parametrize("part", [PUSH, FETCH, "info/refs?service=git-receive-pack"])
@pytest.mark.parametrize("way", ["502", "lose-answer"])
def test_one_answer_that_fails_or_is_lost_changes_nothing(forge, host, part, way):
    host.faults.append(Fault(part, way))
    new = forge.commit(forge.head(), {FILE: "one\n"}, MESSAGE)
    assert (forge.head(), forge.read(FILE, new)) == (new, "one\n")
    assert host.git("team.git", "rev-list", "--count", "main") == "2"
    assert host.faults[0].times == 0


def test_a_lost_answer_counts_although_main_has_gone_on(forge, host, tmp_path):
    first = forge.head()
    other = at(host, tmp_path)

    def by_another():
        host.faults.append(Fault(FETCH, "502", meanwhile=lambda: change(other)))

    host.faults.append(Fault(PUSH, "lose-answer", meanwhile=by_another))
    new = forge.commit(first, {"note": "mine\n"}, MESSAGE)
    assert new != forge.head()
    assert forge.read("note", forge.head()) == "mine\n"


def test_who_comes_second_is_told_so(forge, host, tmp_path):
    first = forge.head()
    host.faults.append(Fault(PUSH, "502", meanwhile=lambda: change(at(host, tmp_path))))
    with pytest.raises(HeadMoved, match="main is at"):
        forge.commit(first, {"note": "mine\n"}, MESSAGE)
    assert forge.read("note", forge.head()) is None


def test_a_host_that_stays_away_is_said_to_be_unavailable(forge, host):
    host.faults.append(Fault("team.git", "502", times=99))
    with pytest.raises(ForgeUnavailable, match="502"):
        forge.head()
    assert 99 - host.faults[0].times == Remote("file:///x").attempts


def test_a_host_that_nobody_runs_is_unavailable(tmp_path):
    remote = Remote("http://127.0.0.1:9/team.git", attempts=1)
    with pytest.raises(ForgeUnavailable, match="Failed to connect"):
        PushForge(tmp_path / "mirror.git", remote).head()


def test_a_host_that_never_answers_is_left_after_the_limit(forge, host, tmp_path):
    host.faults.append(Fault(FETCH, "hang"))
    with pytest.raises(ForgeUnavailable, match="Operation too slow"):
        at(host, tmp_path, limit=0.5, attempts=1).head()


def test_a_command_that_does_not_end_is_stopped_with_all_its_processes(tmp_path):
    family = f"sleep 600 & echo $! > {tmp_path}/child; wait"
    assert _run(["sh", "-c", family], os.environ, limit=0.3).code is None
    child = int((tmp_path / "child").read_text())
    until(lambda: ended(child), "the end of the child", seconds=30)


def ended(pid: int) -> bool:
    """A killed process stays as a zombie where nobody asks for its exit code."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_wrong_token_is_denied_at_once_and_never_shown(forge, host, tmp_path):
    wrong = at(host, tmp_path, authorization=authorization("basic", "wrong-and-secret"))
    with pytest.raises(AccessDenied, match="SLIPWAY_GITOPS_TOKEN") as denied:
        wrong.head()
    assert "wrong-and-secret" not in str(denied.value)


def test_the_token_is_in_no_file_of_the_mirror_and_no_error(forge, host):
    opened(forge)
    host.faults.append(Fault(PUSH, "403", times=9))
    with pytest.raises(AccessDenied, match="403") as denied:
        change(forge)
    secrets = [text.encode() for text in (TOKEN, BASIC.split(" ")[1])]
    files = [file.read_bytes() for file in forge.git.path.rglob("*") if file.is_file()]
    assert not [secret for secret in secrets for text in files if secret in text]
    assert TOKEN not in str(denied.value)


def test_a_redirect_is_not_followed_with_the_token(forge, host):
    host.faults.append(Fault("info/refs", "redirect"))
    with pytest.raises(AddressRefused, match="does not redirect"):
        forge.head()


def test_a_token_does_not_travel_unencrypted(tmp_path):
    remote = Remote("http://git.example.com/team.git", authorization("basic", TOKEN))
    with pytest.raises(AddressRefused, match="not sent unencrypted"):
        PushForge(tmp_path / "mirror.git", remote).head()


def test_a_repository_that_is_not_there_is_named(host, tmp_path):
    with pytest.raises(RepositoryMissing, match=r"gone\.git"):
        at(host, tmp_path, "gone.git").head()


def test_a_protected_branch_is_an_error_of_its_own(forge, host):
    hook = host.root / "team.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'main is protected: open a merge request'\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PushRefused, match="main is protected: open a merge request"):
        change(forge)


def test_a_host_without_atomic_pushes_is_refused(forge, host):
    host.git("team.git", "config", "receive.advertiseAtomic", "false")
    with pytest.raises(AtomicUnsupported, match="--atomic"):
        change(forge)


def test_a_lock_of_a_fetch_that_was_killed_does_not_stay(forge):
    lock = forge.git.path / "refs/heads/main.lock"
    lock.touch()
    os.utime(lock, (0, 0))
    assert change(forge) == forge.head()


def test_a_pass_without_its_host_ends_and_is_repeated(host, tmp_path, serve):
    remote = Remote(host.make("own.git"), authorization("basic", TOKEN), pause=lambda _: None)
    there = world(tmp_path, serve, forge=PushForge.create(tmp_path / "own.git.m", remote, SEED))
    with there.runtime:
        there.bring("a")
        host.faults.append(Fault("own.git", "502", times=3))
        away = there.reconciler.reconcile("staging", "fraud").outcome
        assert (away.reason, kind(away)) == (Reason.REPOSITORY_UNAVAILABLE, "retry-after")
        assert there.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY


def test_a_look_at_what_is_settled_asks_the_host_once(host, tmp_path, serve):
    remote = Remote(host.make("own.git"), authorization("basic", TOKEN))
    there = world(tmp_path, serve, forge=PushForge.create(tmp_path / "own.git.m", remote, SEED))
    with there.runtime:
        there.staging("a")
        looks = (there.reconciler.reconcile, there.reconciler.plan, there.reconciler.due)
        asked = [fetches(host, lambda look=look: look("staging", "fraud")) for look in looks]
        assert [*asked, fetches(host, there.reconciler.targets)] == [1, 1, 1, 1]


def fetches(host, look) -> int:
    before = len(host.requests)
    look()
    return sum("info/refs?service=git-upload-pack" in one for one in host.requests[before:])


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% /tmp/x",
        "--upload-pack=touch /tmp/x",
        "https://ann:secret@git.example.com/team.git",
        "git://git.example.com/team.git",
        "https://git.example.com/te\nam.git",
        "",
    ],
)
def test_an_address_that_git_should_not_be_given_is_refused(url):
    with pytest.raises(AddressRefused, match="SLIPWAY_GITOPS_REPO") as refused:
        check_address(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/team/gitops.git",
        "ssh://git@git.example.com:2222/team/gitops",
        "git@git.example.com:team/gitops.git",
        "file:///srv/gitops.git",
    ],
)
def test_addresses_of_all_kinds_are_taken(url):
    assert Remote(url).url == url
