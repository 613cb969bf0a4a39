"""A forge on the fake GitHub, for the suite and for the tests of its faults."""

from pydantic import SecretStr

from gitops.github_access import Account, GitHubRepository, Token
from gitops.github_client import Manners
from gitops.github_forge import GitHubForge
from tests.support.releases import SEED


def forge_at(github, mirror, account: Account | None = None, pauses: list[float] | None = None):
    """A forge that waits for no time at all, and says into `pauses` how long it would have."""
    waited = pauses if pauses is not None else []
    who = account or Token(SecretStr(github.accounts.token("slipway")))
    repository = GitHubRepository("acme", "fleet", github.url, github.url)
    return GitHubForge.create(mirror, repository, who, SEED, Manners(pause=waited.append))
