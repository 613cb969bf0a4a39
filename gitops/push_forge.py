"""The forge on any host that speaks git: everything is a ref, and every write one push."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from gitops.bare import begin_if_empty
from gitops.ref_promotions import RefPromotions
from gitops.remote import Remote
from gitops.remote_git import RemoteGit
from gitops.signing import Signing

Scheme: TypeAlias = Literal["basic", "bearer"]
# GitHub, GitLab, Gitea and Azure take a token as password beside any name.
ACCOUNT = "x-access-token"


class PushForge(RefPromotions):
    """`gitops.forge.Forge` on a git host, over HTTP(S), ssh or a file address.

    `mirror` is a folder of this machine for a copy of the host's refs; it may be deleted at any
    time. The host needs to know nothing of promotions: they are what they are in `LocalForge`.
    """

    def __init__(self, mirror: Path, remote: Remote, signing: Signing | None = None) -> None:
        git = RemoteGit(mirror, remote, signing)
        super().__init__(git)
        self.git = git

    @classmethod
    def create(
        cls,
        mirror: Path,
        remote: Remote,
        seed: Mapping[str, str],
        signing: Signing | None = None,
    ) -> "PushForge":
        """The forge; a repository without any branch or record gets `seed` as first commit."""
        forge = cls(mirror, remote, signing)
        begin_if_empty(forge.git, forge.head, seed)
        return forge


def authorization(scheme: Scheme, token: str, user: str = ACCOUNT) -> Callable[[], str]:
    """The HTTP header that shows a token to a host."""
    if scheme == "bearer":
        return lambda: f"Bearer {token}"
    pair = base64.b64encode(f"{user}:{token}".encode()).decode()
    return lambda: f"Basic {pair}"
