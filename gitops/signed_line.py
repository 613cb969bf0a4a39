"""The line of main where signatures are wanted: nobody passes the wish by, and what is older stays.

Records and the memory of this process can only add a refusal here: whoever may write them is
believed nothing.
"""

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from weakref import WeakKeyDictionary

from gitops.errors import CommitUnsigned, PolicyInvalid
from gitops.forge import Tree
from gitops.policy import POLICY_PATH, Policy, parse_policy

# More unsigned commits than this behind each other are not searched for a signed one.
MOST_UNSIGNED = 100


@dataclass(frozen=True)
class _Vouched:
    """The head that was looked at last, with main as it went there."""

    head: str
    line: frozenset[str]


_VOUCHED: WeakKeyDictionary[Tree, _Vouched] = WeakKeyDictionary()


def check_line(tree: Tree, head: str, attempted: str | None) -> None:
    """Return if main came to `head` without passing by a policy that wanted signatures.

    A version of the policy that wanted them is changed by a signed commit on main alone. What main
    was at the last look, and what was `attempted`, stays behind main's head and does not come in
    from its side. A history never changes, so each head is looked at once.

    Raises
    ------
    CommitUnsigned
        A plain push took the wish away, or a merge with swapped parents pushed it aside.
    """
    last = _VOUCHED.get(tree)
    if last is None or last.head != head:
        line = frozenset(tree.line(head))
        known = last.head if last and last.head in line else None
        _check_policy(tree, head, known)
        if last:
            _check_behind(tree, head, line, last.head)
        last = _VOUCHED[tree] = _Vouched(head, line)
    if attempted:
        _check_behind(tree, head, last.line, attempted)


def is_older(tree: Tree, environment: str, revision: str, head: str) -> bool:
    """Was a commit there before any policy wanted signatures in an environment?"""
    after = tree.descendants(revision, head)
    texts = dict(tree.versions(POLICY_PATH, head))
    wishes = (commit for commit, text in texts.items() if _wants(text, environment))
    return bool(after) and all(commit in after for commit in wishes)


def policy_of(text: str | None) -> Policy | None:
    """The policy that a file holds; None for one that cannot be used."""
    with suppress(PolicyInvalid):
        return parse_policy(text or "")
    return None


def _check_policy(tree: Tree, head: str, known: str | None) -> None:
    """Each wish in the policy's history, `known` and on, was changed by a signed commit on main."""
    present = tree.read(POLICY_PATH, head)
    versions = dict(tree.versions(POLICY_PATH, head, known))
    before = tree.last_change(POLICY_PATH, known) if known else None
    if before:
        versions[before.revision] = tree.read(POLICY_PATH, before.revision)
    wishes = {one for one, text in versions.items() if text != present and _wants(text)}
    if wishes and not _withdrawn(tree, head, wishes):
        newest = next(one for one in versions if one in wishes)
        problem = f"changes what {newest[:12]} wanted without a good signature on main"
        raise CommitUnsigned(POLICY_PATH, head, problem)


def _withdrawn(tree: Tree, head: str, wishes: set[str]) -> bool:
    """Does the newest signed change of the policy on main come after all wishes?"""
    for change in tree.history(POLICY_PATH, head, MOST_UNSIGNED):
        if change.revision in wishes:
            return False
        if tree.signature(change.revision).good:
            later = tree.versions(POLICY_PATH, head, change.revision)
            return wishes.isdisjoint(one for one, _ in later)
    return False


def _check_behind(tree: Tree, head: str, line: frozenset[str], former: str) -> None:
    """A head that has `former` at its side has a signed commit of main since.

    One that does not have it at all was forced, which the host has to refuse.
    """
    after = frozenset() if former in line else tree.descendants(former, head)
    if not after:
        return
    wanted = any(_wants(tree.read(POLICY_PATH, one)) for one in (head, former))
    if wanted and not _signed_since(tree, head, after):
        problem = f"has {former[:12]} beside it and not behind it (a merge with swapped parents)"
        raise CommitUnsigned("main", head, problem)


def _wants(text: str | None, environment: str | None = None) -> bool:
    policy = policy_of(text)
    return policy is not None and any(
        one.signed_commits and environment in (None, one.name) for one in policy.environments
    )


def _signed_since(tree: Tree, head: str, after: frozenset[str]) -> bool:
    newest = islice(tree.line(head), MOST_UNSIGNED)
    return any(tree.signature(one).good for one in newest if one in after)
