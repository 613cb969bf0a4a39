"""A git host behind an address does not do what was asked of it."""

from gitops.errors.repository import ForgeError


class HostError(ForgeError):
    """A git host behind an address does not do what was asked of it."""


class ForgeUnavailable(HostError):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"{url} does not answer: {reason}; if a change was on its way, it shows at the next "
            "look whether it arrived; look now: slipway doctor"
        )
        self.url, self.reason = url, reason


class AccessDenied(HostError):
    def __init__(self, url: str, reason: str, holder: str = "SLIPWAY_GITOPS_TOKEN") -> None:
        super().__init__(
            f"{url} does not let us in: {reason}; expected an account that may read and push, "
            f"{holder} holds its token"
        )
        self.url, self.reason = url, reason


class PushRefused(HostError):
    def __init__(self, url: str, ref: str, reason: str) -> None:
        super().__init__(
            f"{url} refuses to change {ref}: {reason}; let the account push there "
            "(branch protection, hooks), or name a repository where it may"
        )
        self.url, self.ref, self.reason = url, ref, reason


class AtomicUnsupported(HostError):
    def __init__(self, url: str) -> None:
        super().__init__(
            f"{url} cannot change several refs in one push (git push --atomic), so a crash could "
            "leave half a promotion behind; name a repository on a host that can"
        )
        self.url = url


class AddressRefused(HostError):
    def __init__(self, url: str, expected: str) -> None:
        super().__init__(f"SLIPWAY_GITOPS_REPO: got {url!r}, expected {expected}")
        self.url, self.expected = url, expected


class RateLimited(HostError):
    def __init__(self, url: str, seconds: float, reason: str) -> None:
        super().__init__(
            f"{url} was asked too often and wants {seconds:.0f} s of rest: {reason}; "
            "run it again afterwards"
        )
        self.url, self.seconds = url, seconds


class RequestRefused(HostError):
    def __init__(self, url: str, request: str, status: int, reason: str) -> None:
        super().__init__(f"{url} refused {request} with {status}: {reason[:2000]}")
        self.url, self.request, self.status, self.reason = url, request, status, reason
