"""Pull requests as GitHub keeps them, and as it tells of them."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.github import shapes

LINKS = ("html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses")


@dataclass
class Pull:
    """One pull request into main.

    `undecided` counts the looks for which `mergeable` is still unknown, `unseen` those at a list
    in which it does not stand yet.
    """

    number: int
    title: str
    body: str | None
    branch: str
    sha: str
    base_sha: str
    login: str
    created_at: str
    updated_at: str
    state: str = "open"
    closed_at: str | None = None
    merged_at: str | None = None
    merged_by: str | None = None
    merge_commit: str | None = None
    labels: list[str] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    undecided: int = 0
    unseen: int = 0


def simple(pull: Pull, api: str, repository: dict[str, Any]) -> dict[str, Any]:
    """An element of a list."""
    url, owner = repository["url"], repository["owner"]
    place = f"{url}/pulls/{pull.number}"
    ends = {"head": (pull.branch, pull.sha), "base": ("main", pull.base_sha)}
    return {
        "id": 1000 + pull.number,
        "node_id": f"PR_{pull.number}",
        "number": pull.number,
        "url": place,
        "html_url": place,
        "diff_url": f"{place}.diff",
        "patch_url": f"{place}.patch",
        "issue_url": f"{url}/issues/{pull.number}",
        **{f"{part}_url": f"{place}/{part}" for part in LINKS[2:]},
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": shapes.user(api, pull.login),
        "body": pull.body,
        "labels": [shapes.label(url, name) for name in pull.labels],
        "milestone": None,
        "assignee": None,
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_commit,
        **{
            end: {
                "label": f"{owner['login']}:{branch}",
                "ref": branch,
                "sha": sha,
                "user": owner,
                "repo": repository,
            }
            for end, (branch, sha) in ends.items()
        },
        "_links": {"self": {"href": place}, **{part: {"href": place} for part in LINKS}},
        "author_association": "MEMBER",
        "auto_merge": None,
        "draft": False,
    }


def whole(
    pull: Pull, api: str, repository: dict[str, Any], mergeable: bool | None
) -> dict[str, Any]:
    """One pull request by itself; `mergeable` is None until GitHub has worked it out."""
    states = {None: "unknown", True: "clean", False: "dirty"}
    return {
        **simple(pull, api, repository),
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "mergeable_state": states[mergeable],
        "merged_by": shapes.user(api, pull.merged_by) if pull.merged_by else None,
        "comments": len(pull.comments),
        "maintainer_can_modify": False,
        **dict.fromkeys(["review_comments", "commits", "additions", "deletions"], 0),
        "changed_files": 1,
    }
