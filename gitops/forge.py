"""The port to the repository that says what is live, and what it promises.

A revision is the full id of a commit. Paths are relative to the root of the tree, with slashes.
Every write is a compare-and-swap: it happens whole or not at all, and never over another writer.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from gitops.lease import Lease, Renewal
from gitops.record import DeploymentRecord
from gitops.signing import Signature

PromotionState: TypeAlias = Literal["open", "merged", "closed", "superseded"]
StatusState: TypeAlias = Literal["pending", "success", "failure", "error"]


@dataclass(frozen=True)
class Commit:
    """A commit on main; `trailers` are the `Key: value` lines at its end, `time` is ISO 8601."""

    revision: str
    time: str
    author: str
    message: str
    trailers: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.message.split("\n", 1)[0]


@dataclass(frozen=True)
class Proposal:
    """A change that waits for approval.

    `changes` maps paths to new texts (None removes); `required` names the statuses that must be a
    success on the exact commit before it can be merged; `body` is Markdown; `author` is the person
    who asked for it, empty if nobody did.
    """

    environment: str
    model: str
    bundle_digest: str
    title: str
    body: str
    message: str
    changes: Mapping[str, str | None]
    required: tuple[str, ...] = ()
    author: str = ""

    @property
    def branch(self) -> str:
        digest12 = self.bundle_digest.removeprefix("sha256:")[:12]
        return f"promote/{self.environment}/{self.model}-{digest12}"


@dataclass(frozen=True)
class Status:
    """The result of one gate on one commit."""

    commit: str
    context: str
    state: StatusState
    description: str = ""


@dataclass(frozen=True)
class Promotion:
    """A proposal as the forge keeps it.

    `commit` is the head of `branch`, `base` the commit of main it grew from. `merged_as` is the
    commit on main once merged, `reason` says why it was closed, `approver` who merged it.
    """

    number: int
    environment: str
    model: str
    bundle_digest: str
    branch: str
    base: str
    commit: str
    title: str
    body: str
    message: str
    required: tuple[str, ...]
    opened: str
    state: PromotionState = "open"
    reason: str = ""
    approver: str = ""
    merged_as: str = ""
    statuses: tuple[Status, ...] = ()
    author: str = ""

    def status(self, context: str) -> Status | None:
        """The status of a gate on the promotion's present commit."""
        return next(
            (s for s in self.statuses if s.context == context and s.commit == self.commit), None
        )

    def not_passed(self) -> dict[str, str]:
        """Required contexts that are no success on the present commit, with what they are."""
        states = {context: self.status(context) for context in self.required}
        return {
            context: status.state if status else "missing"
            for context, status in states.items()
            if status is None or status.state != "success"
        }


class Tree(Protocol):
    """Reading and writing main."""

    def one_look(self) -> AbstractContextManager[None]:
        """A block for reading alone: this thread sees main and records of one moment in it.

        A host far away is asked once, at the first read.
        """
        ...

    def head(self) -> str:
        """The newest revision of main. RepositoryMissing if there is none."""
        ...

    def read(self, path: str, revision: str) -> str | None:
        """The text of a file at a revision; None if it was not there."""
        ...

    def paths(self, prefix: str, revision: str) -> list[str]:
        """All files at a revision below the folder `prefix`, sorted; none without the folder."""
        ...

    def last_change(self, path: str, revision: str) -> Commit | None:
        """The last commit on main, up to `revision`, that changed, added or removed `path`."""
        ...

    def history(self, path: str, revision: str, count: int) -> list[Commit]:
        """The last `count` commits on main, up to `revision`, that changed `path`, newest first."""
        ...

    def versions(
        self, path: str, revision: str, since: str | None = None
    ) -> list[tuple[str, str | None]]:
        """Every commit up to `revision` that changed `path`, with its text there, newest first.

        Of all sides of merges, and without those that `since` has.
        """
        ...

    def line(self, revision: str) -> list[str]:
        """Main as it went to `revision`: that, its first parent, and so on."""
        ...

    def descendants(self, revision: str, head: str) -> frozenset[str]:
        """A commit and all up to `head` that come after it; none if it is not in head's history."""
        ...

    def commit(self, expected_head: str, changes: Mapping[str, str | None], message: str) -> str:
        """Commit to main and return the new head.

        It happens only if main is still at `expected_head` (else HeadMoved, and nothing changed);
        after the return every reader sees it. Changes that change nothing return `expected_head`.
        """
        ...

    @property
    def signs(self) -> bool:
        """Do the commits that it writes itself carry a signature?"""
        ...

    def signature(self, revision: str) -> Signature:
        """What the signature of a commit is worth, by the allowed signers or the git host."""
        ...


class Promotions(Protocol):
    """Changes that wait for approval. Numbers grow by one and are never used again."""

    def open_promotion(self, proposal: Proposal) -> Promotion:
        """Find or open the promotion of a change.

        Looks before it creates: an open promotion of the same digest is brought up to date, one
        whose change main already holds or that a person closed is returned as it is. Older open
        promotions of the same environment and model become `superseded` in the same step.
        """
        ...

    def promotions(self, state: PromotionState | None = None) -> list[Promotion]:
        """All promotions, or those in one state, by number."""
        ...

    def promotion(self, number: int) -> Promotion:
        """The promotion of that number; UnknownPromotion if there is none."""
        ...

    def set_status(
        self, number: int, commit: str, context: str, state: StatusState, description: str = ""
    ) -> None:
        """Set a gate's status on one commit of a promotion; setting it again replaces it."""
        ...

    def merge(self, number: int, approver: str) -> str:
        """Commit the change to main and return that commit; merged already: the same commit.

        Checked at that moment: it is open (PromotionNotOpen), each required status is a success
        on its present commit (StatusesNotPassed), the policy on main lets it pass now
        (`gitops.admission.check_merge`: holds, freezes, time in earlier environments, approvers),
        and main still has the files as they were when it was opened (MergeConflict).
        """
        ...

    def close(self, number: int, reason: str) -> Promotion:
        """Close an open promotion for good; closed already: nothing changes."""
        ...


class Records(Protocol):
    """The memory of deployments, kept beside main."""

    def read_record(self, environment: str, model: str) -> DeploymentRecord | None:
        """The record of one environment and model; None before the first attempt."""
        ...

    def records(self) -> list[DeploymentRecord]:
        """All records, by environment and model."""
        ...

    def write_record(
        self,
        record: DeploymentRecord,
        expected: DeploymentRecord | None,
        renewal: Renewal | None = None,
    ) -> None:
        """Replace a record and its attempted, applied and healthy refs in one step.

        It happens only if the record is still `expected` (else RecordMoved, and nothing changed)
        and, with a renewal, the lease still `renewal.held` (else LeaseLost, and nothing changed);
        the lease becomes `renewal.renewed` in the same step.
        """
        ...

    def read_lease(self) -> Lease | None:
        """The one lease of all reconcilers of the repository; None if nobody ever took it."""
        ...

    def write_lease(self, lease: Lease, expected: Lease | None) -> None:
        """Replace the lease. Only if it is still `expected`; else LeaseLost, nothing changed."""
        ...


class Forge(Tree, Promotions, Records, Protocol):
    """Everything Slipway asks of a git host."""
