"""The one comment of a promotion: written once, then updated."""

from gitops.errors import RequestRefused
from gitops.github_client import GitHubClient

MARK = "<!-- slipway: state of the promotion -->"
# The REST API can change a comment too, by a number; GraphQL takes the id that lists give.
_UPDATE = (
    "mutation($input: UpdateIssueCommentInput!) "
    "{ updateIssueComment(input: $input) { issueComment { id } } }"
)


def keep_comment(client: GitHubClient, number: int, text: str) -> None:
    """Let the promotion's comment say `text`; ForgeUnavailable if GitHub does not answer."""
    body = f"{MARK}\n{text}"

    def look() -> dict[str, str] | None:
        found = client.pages(f"/issues/{number}/comments")
        ours = ({"id": one["node_id"], "body": one["body"]} for one in found)
        return next((one for one in ours if MARK in (one["body"] or "")), None)

    present = look()
    if present is None:
        path = f"/issues/{number}/comments"
        client.once(lambda: client.send("POST", path, {"body": body}, again=False), look)
    elif present["body"] != body:
        _update(client, present["id"], body)


def _update(client: GitHubClient, comment: str, body: str) -> None:
    given = {"id": comment, "body": body}
    answer = client.once(lambda: client.mutate(_UPDATE, given), lambda: None)
    if errors := answer.get("errors"):
        said = "; ".join(str(one.get("message")) for one in errors)
        raise RequestRefused(client.repository.graphql, "updateIssueComment", 200, said)
