"""Which forge the name of a repository asks for, and where its part on this machine lies."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import SecretStr

from gitops.errors import AddressRefused
from gitops.forge import Forge
from gitops.github_access import Account, account_of, repository_at
from gitops.local_forge import LocalForge
from gitops.push_forge import ACCOUNT, PushForge, Scheme, authorization
from gitops.remote import Remote, is_address
from gitops.signing import KEY, SIGNERS, Signing

Kind: TypeAlias = Literal["local", "push"]
_SCHEMES: Mapping[str, Scheme] = {"basic": "basic", "bearer": "bearer"}


@dataclass(frozen=True)
class Access:
    """How a git host is shown who we are; without `token` it is not.

    With an account on `github` an address is that of a repository on GitHub, and promotions are
    its pull requests; `github_api` is where its API is, if not at github.com. `signing` is for
    commits that are not written by GitHub.
    """

    token: SecretStr | None = None
    user: str = ACCOUNT
    scheme: Scheme = "basic"
    github: Account | None = None
    github_api: str = ""
    signing: Signing = field(default_factory=Signing)

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> "Access":
        """The same variables that `resources.settings` reads, for who has nothing but gitops."""
        given = variables.get("SLIPWAY_GITOPS_AUTH") or "basic"
        if given not in _SCHEMES:
            raise AddressRefused(given, "basic or bearer in SLIPWAY_GITOPS_AUTH")
        user = variables.get("SLIPWAY_GITOPS_USER") or ACCOUNT
        token = variables.get("SLIPWAY_GITOPS_TOKEN")
        return cls(
            SecretStr(token) if token else None,
            user,
            _SCHEMES[given],
            account_of(
                variables.get("SLIPWAY_GITHUB_TOKEN", ""),
                _number(variables, "SLIPWAY_GITHUB_APP_ID"),
                variables.get("SLIPWAY_GITHUB_APP_KEY", ""),
                _number(variables, "SLIPWAY_GITHUB_APP_INSTALLATION"),
            ),
            variables.get("SLIPWAY_GITHUB_API", ""),
            _signing(variables),
        )


def kind_of(repository: str) -> Kind:
    """What a repository is: a folder of this machine, or an address that is pushed to."""
    return "push" if is_address(repository) else "local"


def place_of(repository: str, home: Path) -> Path:
    """The folder on this machine: the bare repository itself, or the mirror of another."""
    if not repository:
        return home / "gitops.git"
    if kind_of(repository) == "local":
        return Path(repository)
    return home / "mirrors" / f"{hashlib.sha256(repository.encode()).hexdigest()[:12]}.git"


def open_forge(repository: str, home: Path, access: Access) -> Forge:
    """The forge of a repository that is there; nothing is asked or made before it is used."""
    place = place_of(repository, home)
    if kind_of(repository) == "local":
        return LocalForge(place, access.signing)
    if access.github:
        from gitops.github_forge import GitHubForge

        return GitHubForge(place, repository_at(repository, access.github_api), access.github)
    return PushForge(place, _remote(repository, access), access.signing)


def make_forge(repository: str, home: Path, access: Access, seed: Mapping[str, str]) -> Forge:
    """The forge of a repository, which gets `seed` as first commit if there is nothing in it."""
    place = place_of(repository, home)
    if kind_of(repository) == "local":
        return LocalForge.create(place, seed, access.signing)
    if access.github:
        from gitops.github_forge import GitHubForge

        address = repository_at(repository, access.github_api)
        return GitHubForge.create(place, address, access.github, seed)
    return PushForge.create(place, _remote(repository, access), seed, access.signing)


def _remote(repository: str, access: Access) -> Remote:
    if access.token is None:
        return Remote(repository)
    token = access.token.get_secret_value()
    return Remote(repository, authorization(access.scheme, token, access.user))


def _signing(variables: Mapping[str, str]) -> Signing:
    key = variables.get("SLIPWAY_GITOPS_SIGNING_KEY")
    files = (variables.get(name) for name in (KEY, SIGNERS))
    return Signing(SecretStr(key) if key else None, *(Path(one) if one else None for one in files))


def _number(variables: Mapping[str, str], name: str) -> int | None:
    given = variables.get(name) or None
    if given and not given.isdecimal():
        raise AddressRefused(given, f"a number in {name}")
    return int(given) if given else None
