"""Pull requests on GitHub keep the contract."""

import pytest
from pydantic import SecretStr

from gitops.forge import Forge
from gitops.github_access import GitHubRepository, Token
from gitops.github_client import Manners
from gitops.github_forge import GitHubForge
from tests.contracts.forge_suite import ForgeContract
from tests.support.releases import SEED


@pytest.fixture
def place(github, tmp_path):
    """The repository as GitHub has it."""
    return github.create("fleet", tmp_path / "fleet.git", SEED)


@pytest.fixture
def forge(github, place, tmp_path):
    token = Token(SecretStr(github.accounts.token("ann")))
    repository = GitHubRepository("acme", "fleet", github.url, github.url)
    return GitHubForge.create(
        tmp_path / "mirror.git", repository, token, SEED, Manners(pause=lambda _: None)
    )


class TestGitHubForge(ForgeContract):
    def test_it_is_a_forge(self, forge):
        checked: Forge = forge
        assert checked.head()
