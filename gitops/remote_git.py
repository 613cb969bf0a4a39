"""A repository on a git host: a bare mirror to read from, and pushes with a lease to write."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gitops.bare import make_bare
from gitops.errors import Contention, ForgeUnavailable, UnknownRevision
from gitops.git_tree import MAIN
from gitops.lock import Busy, exclusive
from gitops.plumbing import LOCKED, Git, RefMoved, RefUpdate, remove_stale
from gitops.remote import Answer, Remote
from gitops.signing import Signing

# The star fetches nothing more from most hosts, and no error from one without a main branch.
_MIRRORED = (
    f"+{MAIN}*:{MAIN}*",
    "+refs/heads/promote/*:refs/heads/promote/*",
    "+refs/slipway/*:refs/slipway/*",
)
# The first look may bring a whole history.
_FIRST_LOOK = 10
_LOOK = ("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head")
_PUSH = ("push", "--porcelain", "--atomic", "--no-verify")


class RemoteGit(Git):
    """`Git` whose refs are those of the host: each read of them asks it, each update is one push.

    Any number of processes may share the mirror. An update whose `new` is its `old` is compared
    when the push begins and is no part of the host's transaction: git does not send it. Two
    writers of the very same update both win.
    """

    def __init__(self, mirror: Path, remote: Remote, signing: Signing | None = None) -> None:
        super().__init__(mirror, signing)
        self._remote, self._seen = remote, False

    @property
    def place(self) -> str:
        return self._remote.url

    def resolve(self, revision: str) -> str:
        try:
            return super().resolve(revision)
        except UnknownRevision:
            self.present_refs(MAIN)
            return super().resolve(revision)

    def read_file(self, revision: str, path: str) -> str | None:
        try:
            return super().read_file(revision, path)
        except UnknownRevision:
            self.present_refs(MAIN)
            return super().read_file(revision, path)

    def present_refs(self, prefix: str) -> dict[str, str]:
        """All refs at or below `prefix` on the host, now.

        Raises
        ------
        ForgeUnavailable, AccessDenied, RepositoryMissing
            The host does not answer, or not to us.
        """
        make_bare(self.path)
        try:
            with exclusive(self._lock, self._remote.limit):
                self._patiently(self._fetch)
                return super().present_refs(prefix)
        except Busy:
            raise Contention(f"a look at {self.place}", 1) from None

    def bring(self, commits: Sequence[str]) -> None:
        """Have commits in the mirror, also what no ref leads to; each is a full id."""
        make_bare(self.path)
        found = self.read_objects([f"{commit}^{{commit}}" for commit in commits])
        missing = [one for one, there in zip(commits, found, strict=True) if there is None]
        if missing:
            self._patiently(lambda: self._remote.call(self.path, [*_LOOK, self.place, *missing]))

    def update_refs(self, updates: Sequence[RefUpdate]) -> None:
        """Move all refs on the host or none.

        A push whose answer was lost is looked for on the host before it is sent again.

        Raises
        ------
        RefMoved
            One of them is not at its old value.
        PushRefused
            The host's rules do not let this account move one of them.
        ForgeUnavailable
            The host does not answer; whether the update arrived shows at the next look.
        """
        make_bare(self.path)
        self._patiently(lambda: self._push(updates))

    @property
    def _lock(self) -> Path:
        return self.path.with_name(f"{self.path.name}.look.lock")

    def _patiently(self, call: Callable[[], Answer]) -> None:
        """Call until the host answers; what it answers decides whether that is an error."""
        for attempt in range(self._remote.attempts):
            problem = call().problem(self.place)
            if problem is None:
                return
            if not isinstance(problem, ForgeUnavailable) or attempt + 1 == self._remote.attempts:
                raise problem
            self._remote.rest(attempt)

    def _fetch(self) -> Answer:
        limits = 1 if self._seen else _FIRST_LOOK
        answer = self._remote.call(self.path, [*_LOOK, self.place, *_MIRRORED], limits)
        self._seen |= answer.code == 0
        if lock := LOCKED.search(answer.err):
            remove_stale(Path(lock["path"]))
        return answer

    def _push(self, updates: Sequence[RefUpdate]) -> Answer:
        leases = [f"--force-with-lease={one.ref}:{one.old or ''}" for one in updates]
        targets = [f"{one.new or ''}:{one.ref}" for one in updates]
        answer = self._remote.call(self.path, [*_PUSH, *leases, self.place, *targets])
        if answer.code == 0:
            return answer
        present = self.present_refs("refs")
        if self._arrived(updates, present):
            return Answer(0, "", "")
        for one in updates:
            if present.get(one.ref) != one.old:
                raise RefMoved(one.ref)
        return answer

    def _arrived(self, updates: Sequence[RefUpdate], present: dict[str, str]) -> bool:
        """Did all updates happen? Main may have gone on since, other refs may not."""
        main = next((one for one in updates if one.ref == MAIN and one.new != one.old), None)
        if main and main.new and MAIN in present:
            return self._leads_to(main.new, present[MAIN])
        return all(present.get(one.ref) == one.new for one in updates)

    def _leads_to(self, commit: str, head: str) -> bool:
        return self.text("rev-list", "--count", f"{head}..{commit}") == "0"
