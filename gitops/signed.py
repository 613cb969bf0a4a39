"""Does the policy want a signature, and is there one? Asked before and after main changes."""

from collections.abc import Iterable
from typing import Protocol

from gitops.errors import CommitUnsigned
from gitops.forge import Tree
from gitops.manifest import FOLDER
from gitops.policy import POLICY_PATH, Environment, Policy
from gitops.signed_line import check_line, is_older, policy_of
from gitops.signing import KEY, Signature


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


def check_restored(tree: Tree, environment: str, revision: str) -> None:
    """CommitUnsigned if a revision may not be put back, since it should be signed and is not."""
    head = tree.head()
    policy = _policy(tree, head)
    if policy and environment in policy.names:
        _check_vouched(tree, policy.environment(environment), revision, head)


def objection(
    tree: Tree,
    policy: Policy,
    environment: str,
    revision: str,
    head: str,
    attempted: str | None = None,
) -> str:
    """Why a change of an environment is not followed for want of a signature; empty if it is.

    What is older than the wish for signatures needs none. `attempted` is what the record says was
    followed last.
    """
    try:
        if environment in policy.names:
            _check_vouched(tree, policy.environment(environment), revision, head)
        check_line(tree, head, attempted)
    except CommitUnsigned as error:
        return str(error)
    return ""


def inability(tree: Tree, policy: Policy, environment: str) -> str:
    """Why nothing new is begun where signatures are wanted: a rollback could not be signed."""
    try:
        if environment in policy.names:
            check_signs(tree, policy.environment(environment))
    except CommitUnsigned as error:
        return str(error)
    return ""


def _check_vouched(tree: Tree, environment: Environment, revision: str, head: str) -> None:
    if not environment.signed_commits:
        return
    found = tree.signature(revision)
    if not found.good and not is_older(tree, environment.name, revision, head):
        raise CommitUnsigned(environment.name, revision, found.problem)


def _require(tree: _Judges, what: str, revision: str) -> None:
    found = tree.signature(revision)
    if not found.good:
        raise CommitUnsigned(what, revision, found.problem)


def _policy(tree: Tree, revision: str) -> Policy | None:
    return policy_of(tree.read(POLICY_PATH, revision))
