"""The GraphQL mutations of the fake; their documents are parsed as GitHub's server would."""

from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

from graphql import GraphQLError, parse
from graphql.language.ast import FieldNode, OperationDefinitionNode

from tests.support.github.pulls import Pull
from tests.support.github.repository import Refused, Repository, now

PERMISSIONS = {
    "createCommitOnBranch": "contents:write",
    "updateIssueComment": "pull_requests:write",
}


def mutation(document: str) -> str:
    """The one mutation of a document; Refused with GitHub's sentence if it is none of ours."""
    try:
        parsed = parse(document)
    except GraphQLError as error:
        raise Refused(200, f"Parse error: {error.message}") from None
    (operation,) = parsed.definitions
    assert isinstance(operation, OperationDefinitionNode)
    (chosen,) = operation.selection_set.selections
    assert isinstance(chosen, FieldNode)
    if operation.operation.value != "mutation" or chosen.name.value not in PERMISSIONS:
        raise Refused(200, f"Field '{chosen.name.value}' doesn't exist on type 'Mutation'")
    return chosen.name.value


def error(kind: str, name: str, message: str) -> dict[str, Any]:
    where = {"path": [name], "locations": [{"line": 1, "column": 1}]}
    return {"data": {name: None}, "errors": [{"type": kind, **where, "message": message}]}


def create_commit(place: Repository, given: dict[str, Any], login: str) -> dict[str, Any]:
    """`createCommitOnBranch`: one commit, only on top of the head that was expected."""
    name = "createCommitOnBranch"
    branch, expected = given["branch"]["branchName"], given["expectedHeadOid"]
    ref = f"refs/heads/{branch}"
    if place.git.ref(ref) is None:
        return error("NOT_FOUND", name, f"No ref for the name {ref} was found in the repository")
    if place.git.ref(ref) != expected:
        message = f'Expected branch to point to "{expected}" but it did not. '
        return error("STALE_DATA", name, f"{message}Pull and try again.")
    rules = place.protection
    if branch == "main" and rules.pull_request and login not in rules.bypass:
        reason = "Changes must be made through a pull request."
        return error("UNPROCESSABLE", name, f"Repository rule violations found\n\n{reason}\n\n")
    try:
        files = _files(place, expected, given["fileChanges"])
    except Refused as refused:
        return error("UNPROCESSABLE", name, refused.message)
    said = given["message"]
    message = f"{said['headline']}\n\n{said.get('body') or ''}".strip() + "\n"
    commit = place.write(expected, files, message, login)
    place.verified.add(commit)
    place.move(ref, commit, expected)
    return {"data": {name: {"commit": {"oid": commit}}}}


def _files(place: Repository, head: str, changes: dict[str, Any]) -> dict[str, bytes | None]:
    files: dict[str, bytes | None] = {}
    for gone in changes.get("deletions", ()):
        if place.git.read_file(head, gone["path"]) is None:
            raise Refused(422, f"A path was requested for deletion which does not exist: {gone}")
        files[gone["path"]] = None
    for added in changes.get("additions", ()):
        try:
            files[added["path"]] = b64decode(added["contents"], validate=True)
        except Base64Error:
            raise Refused(422, "contents must be Base64 encoded") from None
    return files


def update_comment(pulls: list[Pull], given: dict[str, Any]) -> dict[str, Any]:
    """`updateIssueComment`: new text for a comment that is there."""
    name = "updateIssueComment"
    for said in (one for pull in pulls for one in pull.comments):
        if said["node_id"] == given["id"]:
            said["body"], said["updated_at"] = given["body"], now()
            return {"data": {name: {"issueComment": {"id": given["id"]}}}}
    return error("NOT_FOUND", name, f"Could not resolve to a node with the global id of '{given}'")
