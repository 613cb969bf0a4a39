"""A repository behind `git http-backend` keeps the contract."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops.errors import RepositoryMissing
from gitops.forge import Forge
from gitops.push_forge import PushForge, authorization
from gitops.remote import Remote
from tests.contracts.changes import FILE, change, opened
from tests.contracts.forge_suite import ForgeContract
from tests.support.git_host import TOKEN, GitHost, git_host, run
from tests.support.releases import SEED


@pytest.fixture
def host(tmp_path: Path) -> Iterator[GitHost]:
    with git_host(tmp_path) as running:
        yield running


@pytest.fixture
def remote(host: GitHost) -> Remote:
    return Remote(host.make("team.git"), authorization("basic", TOKEN), pause=lambda _: None)


@pytest.fixture
def forge(tmp_path: Path, remote: Remote) -> PushForge:
    return PushForge.create(tmp_path / "mirror.git", remote, SEED)


class TestPushForge(ForgeContract):
    def test_it_is_a_forge(self, forge):
        checked: Forge = forge
        assert checked.head()

    def test_what_one_writes_another_sees_through_its_own_mirror(self, forge, tmp_path, remote):
        other = PushForge(tmp_path / "other.git", remote)
        promotion = opened(other)
        assert forge.promotions("open")[0].commit == promotion.commit
        forge.merge(promotion.number, "ann")
        assert other.read(FILE, other.head()) == "bundle a\n"

    def test_a_mirror_that_was_deleted_comes_back(self, forge):
        promotion = opened(forge)
        shutil.rmtree(forge.git.path)
        assert forge.merge(promotion.number, "ann") == forge.head()

    def test_a_forced_push_to_main_is_the_new_main(self, forge, host):
        old, first = change(forge), host.git("team.git", "rev-parse", "main^")
        host.git("team.git", "update-ref", "refs/heads/main", first)
        assert forge.head() == first
        assert forge.read(FILE, old) == "by hand\n"

    def test_a_revision_may_be_named_as_git_names_it(self, forge, host):
        change(forge)
        first = host.git("team.git", "rev-parse", "main^")
        assert forge.read(FILE, "main~1") is None
        assert forge.last_change("gitops/environments/policy.yaml", "main").revision == first

    def test_a_repository_that_has_a_main_is_not_seeded_again(self, forge, tmp_path, remote):
        again = PushForge.create(tmp_path / "other.git", remote, {"other": "seed"})
        assert again.head() == forge.head()

    def test_a_repository_of_other_branches_is_not_seeded(self, host, tmp_path):
        remote = Remote(host.make("notes.git"), authorization("basic", TOKEN))
        work = PushForge.create(tmp_path / "mirror.git", remote, SEED)
        host.git("notes.git", "branch", "-m", "main", "promote/x")
        with pytest.raises(RepositoryMissing, match=r"notes\.git.*no branch main"):
            PushForge.create(tmp_path / "mirror.git", remote, SEED)
        assert work.git.ref("refs/heads/main") is None


def test_a_bearer_token_opens_it_too(host, tmp_path):
    remote = Remote(host.make("team.git"), authorization("bearer", TOKEN))
    assert PushForge.create(tmp_path / "mirror.git", remote, SEED).head()


def test_a_folder_elsewhere_is_a_host_too(tmp_path):
    run("init", "--quiet", "--bare", str(tmp_path / "shared.git"))
    remote = Remote((tmp_path / "shared.git").as_uri())
    forge = PushForge.create(tmp_path / "mirror.git", remote, SEED)
    assert forge.merge(opened(forge).number, "ann") == run(
        f"--git-dir={tmp_path / 'shared.git'}", "rev-parse", "main"
    )
