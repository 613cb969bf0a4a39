"""Does the policy want a signature, and is there one? Asked before and after main changes."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol
from weakref import WeakKeyDictionary

from gitops.errors import CommitUnsigned, PolicyInvalid
from gitops.forge import Tree
from gitops.manifest import FOLDER
from gitops.policy import POLICY_PATH, Environment, Policy, parse_policy
from gitops.signing import KEY, Signature

LONGEST_HISTORY = 1000
_VOUCHED: WeakKeyDictionary[Tree, set[str]] = WeakKeyDictionary()


class _Judges(Protocol):
    def signature(self, revision: str) -> Signature: ...


def check_signs(tree: Tree, environment: Environment) -> None:
    """CommitUnsigned if the environment wants signatures and Slipway could give none."""
    if environment.signed_commits and not tree.signs:
        raise CommitUnsigned(environment.name, "", f"Slipway has no key for it; set {KEY}")


def check_signed(tree: _Judges, environment: Environment, revision: str) -> None:
    """CommitUnsigned if the environment wants a signature that a commit does not carry."""
    if environment.signed_commits:
        _require(tree, environment.name, revision)


def lacks_signature(tree: Tree, environment: str, commit: str, head: str) -> bool:
    """Does the policy at `head` want a signature that a commit does not carry?"""
    policy = _policy(tree, head)
    wanted = policy and environment in policy.names and policy.environment(environment)
    return bool(wanted and wanted.signed_commits and not tree.signature(commit).good)


def check_written(tree: Tree, parent: str, paths: Iterable[str], commit: str) -> None:
    """CommitUnsigned if a commit that is to follow `parent` lacks a signature that it needs."""
    below = [path for path in paths if path.startswith(f"{FOLDER}/")]
    policy = _policy(tree, parent) if below else None
    if commit == parent or policy is None:
        return
    for environment in policy.environments:
        touched = any(path.startswith(f"{FOLDER}/{environment.name}/") for path in below)
        if environment.signed_commits and (touched or POLICY_PATH in below):
            _require(tree, environment.name, commit)


def objection(tree: Tree, policy: Policy, environment: str, revision: str, head: str) -> str:
    """Why a change of an environment is not followed for want of a signature; empty if it is.

    Where signatures are wanted, those who could not sign a rollback do not begin either.
    """
    try:
        if environment in policy.names:
            wanted = policy.environment(environment)
            check_signed(tree, wanted, revision)
            check_signs(tree, wanted)
        _check_policy(tree, head)
    except CommitUnsigned as error:
        return str(error)
    return ""


def _check_policy(tree: Tree, head: str) -> None:
    """CommitUnsigned if a policy that wanted signatures was replaced without one.

    Otherwise a push that takes the wish out of the policy would be all it takes. A history never
    changes, so each head is looked at once.
    """
    vouched = _VOUCHED.setdefault(tree, set())
    if head in vouched:
        return
    changes = [one.revision for one in tree.history(POLICY_PATH, head, LONGEST_HISTORY)]
    wanting = (number for number, one in enumerate(changes) if number and _wants(tree, one))
    since = next(wanting, 0)
    if since and not any(tree.signature(one).good for one in changes[:since]):
        _require(tree, POLICY_PATH, changes[since - 1])
    vouched.add(head)


def _require(tree: _Judges, what: str, revision: str) -> None:
    found = tree.signature(revision)
    if not found.good:
        raise CommitUnsigned(what, revision, found.problem)


def _wants(tree: Tree, revision: str) -> bool:
    policy = _policy(tree, revision)
    return policy is not None and any(one.signed_commits for one in policy.environments)


def _policy(tree: Tree, revision: str) -> Policy | None:
    with suppress(PolicyInvalid):
        return parse_policy(tree.read(POLICY_PATH, revision) or "")
    return None
