"""The running system cannot be asked or changed."""

from gitops.errors.root import GitopsError


class RuntimeFault(GitopsError):
    """The running system cannot be asked or changed."""


class RuntimeUnavailable(RuntimeFault):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} does not answer: {reason}; show the services: slipway status")
        self.url, self.reason = url, reason


class ApplyRefused(RuntimeFault):
    def __init__(self, url: str, status: int, answer: str) -> None:
        super().__init__(f"{url} refused the configuration with {status}: {answer[:2000]}")
        self.url, self.status, self.answer = url, status, answer


class Interrupted(RuntimeFault):
    def __init__(self, before: str) -> None:
        super().__init__(f"told to end before {before}; the next pass goes on from there")
        self.before = before
