"""A promotion cannot do what was asked of it."""

from gitops.errors.repository import ForgeError


class PromotionError(ForgeError):
    """A promotion cannot do what was asked of it."""


class UnknownPromotion(PromotionError):
    def __init__(self, number: int) -> None:
        super().__init__(f"no promotion {number}; show all: slipway promotions list")
        self.number = number


class PromotionNotOpen(PromotionError):
    def __init__(self, number: int, state: str, reason: str) -> None:
        super().__init__(
            f"promotion {number} is {state} ({reason or 'no reason given'}), expected open; "
            f"show it: slipway promotions show {number}"
        )
        self.number, self.state, self.reason = number, state, reason


class StatusesNotPassed(PromotionError):
    def __init__(self, number: int, commit: str, missing: dict[str, str]) -> None:
        listed = ", ".join(f"{context} is {state}" for context, state in sorted(missing.items()))
        super().__init__(
            f"promotion {number} at {commit[:12]}: {listed}, expected success; "
            f"show it: slipway promotions show {number}"
        )
        self.number, self.commit, self.missing = number, commit, missing


class NotApproved(PromotionError):
    def __init__(self, number: int, problem: str) -> None:
        super().__init__(
            f"promotion {number}: {problem}; show it: slipway promotions show {number}"
        )
        self.number, self.problem = number, problem


class MergeConflict(PromotionError):
    def __init__(self, number: int, path: str) -> None:
        super().__init__(
            f"promotion {number}: {path} changed on main since it was opened; reject it "
            f"(slipway promotions reject {number}) and promote again"
        )
        self.number, self.path = number, path


class MergeRefused(PromotionError):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(
            f"promotion {number} is not merged, the host's rules do not allow it: {reason}; "
            f"show it: slipway promotions show {number}"
        )
        self.number, self.reason = number, reason


class MergeTakenBack(PromotionError):
    def __init__(self, number: int, why: str, revision: str) -> None:
        super().__init__(
            f"promotion {number} was merged and taken back by {revision[:12]}, since main had "
            f"changed at that moment: {why}"
        )
        self.number, self.revision = number, revision
