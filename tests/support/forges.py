"""Every adapter of the port `Forge`, by name, each on a fresh repository that holds `SEED`."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from gitops.choose import Access, open_forge, place_of
from gitops.errors import GitFailed
from gitops.forge import Forge
from gitops.github_access import Token, TokenAccess, git_authorization, repository_at
from gitops.github_forge import GitHubForge
from gitops.local_forge import LocalForge
from gitops.push_forge import PushForge, authorization
from gitops.remote import Remote
from gitops.retry import until_won
from tests.support.git_host import TOKEN, git_host, run
from tests.support.github.fake import FakeGitHub
from tests.support.releases import SEED

# Programs write faster than a person who pulls and pushes, so the person loses many times.
_PATIENT = 10_000
Opener = Callable[[], Forge]


class Hosted:
    """A repository: `opened()` gives a forge as a new process would have it, and can be pickled.

    `address` is what a person would clone, with whatever git needs to be let in as `access`.
    """

    def __init__(self, opened: Opener, address: str, access: Mapping[str, str]) -> None:
        self.opened, self.address, self.access = opened, address, access

    def push_by_hand(self, work: Path, path: str, text: str) -> str:
        """Clone, change a file, commit and push until it is in; returns the commit."""
        options = [part for key, value in self.access.items() for part in ("-c", f"{key}={value}")]
        if not work.exists():
            run(*options, "clone", "--quiet", self.address, str(work))
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
        run("add", path, cwd=work)
        run("commit", "--quiet", "--message", f"By hand: {path}", cwd=work)
        until_won(path, lambda: self._push(work, options), GitFailed, attempts=_PATIENT)
        return run("rev-parse", "HEAD", cwd=work)

    def _push(self, work: Path, options: list[str]) -> None:
        run(*options, "pull", "--quiet", "--rebase", cwd=work)
        try:
            run(*options, "push", "--quiet", cwd=work)
        except subprocess.CalledProcessError as error:
            raise GitFailed(["push"], error.returncode, error.stderr) from error


@contextmanager
def local(folder: Path) -> Iterator[Hosted]:
    place = folder / "gitops.git"
    LocalForge.create(place, SEED)
    yield Hosted(partial(LocalForge, place), str(place), {})


@contextmanager
def push(folder: Path) -> Iterator[Hosted]:
    with git_host(folder / "hosted") as host:
        mirror, url = folder / "mirror.git", host.make("team.git")
        PushForge.create(mirror, _remote(url), SEED)
        access = {"http.extraHeader": f"Authorization: {_remote(url).authorization()}"}
        yield Hosted(partial(_pushed, mirror, url), url, access)


def _remote(url: str) -> Remote:
    return Remote(url, authorization("basic", TOKEN))


def _pushed(mirror: Path, url: str) -> PushForge:
    return PushForge(mirror, _remote(url))


@contextmanager
def github(folder: Path) -> Iterator[Hosted]:
    with FakeGitHub() as host:
        host.create("fleet", folder / "fleet.git", SEED)
        token = host.accounts.token("slipway")
        url = f"{host.url}/acme/fleet.git"
        access = Access(github=Token(SecretStr(token)), github_api=host.url)
        GitHubForge.create(place_of(url, folder), repository_at(url, host.url), access.github, {})
        header = git_authorization(TokenAccess(Token(SecretStr(token))))
        opened = partial(open_forge, url, folder, access)
        yield Hosted(opened, url, {"http.extraHeader": f"Authorization: {header}"})


ADAPTERS: Mapping[str, Callable[[Path], AbstractContextManager[Hosted]]] = {
    "local": local,
    "push": push,
    "github": github,
}
