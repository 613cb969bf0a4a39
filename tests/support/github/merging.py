"""How the fake merges: GitHub's checks in GitHub's order and words."""

from typing import Any

from tests.support.github.pulls import Pull
from tests.support.github.repository import MAIN, Refused, Repository


def merge(place: Repository, pull: Pull, body: dict[str, Any], login: str) -> str:
    """Merge into main and return the new commit; Refused 405 or 409 says why not."""
    place.on_merge()
    method = body.get("merge_method", "merge")
    _check_open(pull)
    if body.get("sha") not in (None, pull.sha):
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    _check_rules(place, pull, method, login)
    tree = place.merged_tree(pull.sha)
    if pull.undecided > 0 or tree is None:
        raise Refused(405, "Pull Request is not mergeable")
    return write(place, pull, tree, body, login)


def write(place: Repository, pull: Pull, tree: str, body: dict[str, Any], login: str) -> str:
    method, head = body.get("merge_method", "merge"), place.main
    title = body.get("commit_title") or f"{pull.title} (#{pull.number})"
    message = f"{title}\n\n{body.get('commit_message', '')}".strip() + "\n"
    parents = [head] if method == "squash" else [head, pull.sha]
    author = pull.login if method == "squash" else login
    commit = place.commit_tree(tree, parents, message, author)
    place.verified.add(commit)
    place.end(pull, commit, login)
    place.move(MAIN, commit, head)
    return commit


def _check_open(pull: Pull) -> None:
    if pull.state != "open":
        raise Refused(405, "Pull Request is not mergeable")


def _check_rules(place: Repository, pull: Pull, method: str, login: str) -> None:
    rules = place.protection
    if method not in rules.methods:
        raise Refused(405, f"{method.capitalize()} merges are not allowed on this repository.")
    states = place.latest(pull.sha)
    for context in rules.contexts:
        if states.get(context, {}).get("state") != "success" and login not in rules.bypass:
            raise Refused(405, f'Required status check "{context}" is expected.')
