"""The repository that says what is live cannot be read or written."""

from pathlib import Path

from gitops.errors.root import GitopsError


class ForgeError(GitopsError):
    """The repository that says what is live cannot be read or written."""


class RepositoryMissing(ForgeError):
    def __init__(self, place: str, why: str) -> None:
        super().__init__(
            f"{place!r} is no GitOps repository ({why}); `slipway up` makes the local one, "
            "SLIPWAY_GITOPS_REPO names another"
        )
        self.place = place


class GitFailed(ForgeError):
    def __init__(self, arguments: list[str], code: int, stderr: str) -> None:
        super().__init__(f"`git {' '.join(arguments)}` ended with {code}: {stderr.strip()}")
        self.arguments, self.code, self.stderr = arguments, code, stderr


class StaleLock(ForgeError):
    def __init__(self, path: Path, age: float) -> None:
        super().__init__(
            f"{str(path)!r} has been there for {age:.0f} s, so the process that took it is dead "
            f"or hangs; if no git process is at work in the repository, remove it: rm '{path}'"
        )
        self.path, self.age = path, age


class Contention(ForgeError):
    def __init__(self, what: str, attempts: int) -> None:
        super().__init__(f"{what}: {attempts} attempts lost against other writers; run it again")
        self.what, self.attempts = what, attempts


class HeadMoved(ForgeError):
    def __init__(self, expected: str, found: str) -> None:
        super().__init__(
            f"main is at {found[:12]}, expected {expected[:12]}; read the head again and repeat"
        )
        self.expected, self.found = expected, found


class RecordMoved(ForgeError):
    def __init__(self, environment: str, model: str) -> None:
        super().__init__(
            f"the deployment record of {model} in {environment} was written by another process; "
            f"show it: slipway status"
        )
        self.environment, self.model = environment, model


class RecordInvalid(ForgeError):
    def __init__(self, text: str, reason: str) -> None:
        super().__init__(
            f"a deployment record below refs/slipway cannot be read ({reason}): {text[:200]!r}; it "
            "was written by another version of Slipway, which can read it, or by hand; all of "
            "them: git for-each-ref refs/slipway"
        )
        self.text, self.reason = text, reason


class LeaseLost(ForgeError):
    def __init__(self, number: int) -> None:
        super().__init__(
            f"lease {number} was taken over by another reconciler, which goes on with the work"
        )
        self.number = number


class LeaseTaken(ForgeError):
    def __init__(self, holder: str, number: int, expires: str) -> None:
        super().__init__(
            f"{holder or 'another reconciler'} holds lease {number} until {expires}, "
            "unless it renews it"
        )
        self.holder, self.number, self.expires = holder, number, expires


class UnknownRevision(ForgeError):
    def __init__(self, revision: str) -> None:
        super().__init__(f"no commit {revision!r} in the GitOps repository, expected a commit id")
        self.revision = revision


class PathRefused(ForgeError):
    def __init__(self, path: str) -> None:
        super().__init__(
            f"path {path!r} refused, expected a relative path without '..', '.git' "
            "or control characters"
        )
        self.path = path
