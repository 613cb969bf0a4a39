"""The forge on GitHub: pull requests through its API, main and records through git."""

from collections.abc import Mapping
from pathlib import Path

from gitops.bare import begin_if_empty
from gitops.github_access import Account, GitHubRepository, git_authorization
from gitops.github_client import GitHubClient, Manners
from gitops.github_merges import GitHubMerges
from gitops.remote import Remote
from gitops.remote_git import RemoteGit


class GitHubForge(GitHubMerges):
    """`gitops.forge.Forge` on GitHub.

    `mirror` is a folder of this machine for a copy of the host's refs; it may be deleted at any
    time. Promotions are pull requests, and approving is merging one, here or there. Commits to
    main are made and signed by GitHub. Deployment records are refs, moved by an atomic push.
    """

    def __init__(
        self,
        mirror: Path,
        repository: GitHubRepository,
        account: Account,
        manners: Manners | None = None,
    ) -> None:
        client = GitHubClient(repository, account, manners)
        remote = Remote(
            repository.clone_url,
            lambda: git_authorization(client.access),
            pause=client.manners.pause,
        )
        super().__init__(RemoteGit(mirror, remote), client)

    @classmethod
    def create(
        cls,
        mirror: Path,
        repository: GitHubRepository,
        account: Account,
        seed: Mapping[str, str],
        manners: Manners | None = None,
    ) -> "GitHubForge":
        """The forge; a repository without any branch or record gets `seed` as first commit."""
        forge = cls(mirror, repository, account, manners)
        begin_if_empty(forge._mirror, forge.head, seed)
        return forge
