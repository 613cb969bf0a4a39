"""What GitHub's REST answers look like: users, repositories, and what belongs to them."""

from typing import Any

API_PARTS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
]
USER_PARTS = [
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
]


def user(api: str, login: str) -> dict[str, Any]:
    url = f"{api}/users/{login}"
    return {
        "login": login,
        "id": _number(login),
        "node_id": f"U_{login}",
        "avatar_url": f"{url}/avatar",
        "gravatar_id": "",
        "url": url,
        "html_url": url,
        **{f"{part}_url": f"{url}/{part}" for part in USER_PARTS},
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
    }


def repository(api: str, owner: str, name: str, clone_url: str) -> dict[str, Any]:
    url = f"{api}/repos/{owner}/{name}"
    counts = [
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "stargazers_count",
        "watchers",
    ]
    return {
        "id": _number(f"{owner}/{name}"),
        "node_id": f"R_{name}",
        "name": name,
        "full_name": f"{owner}/{name}",
        "owner": user(api, owner),
        "private": True,
        "description": None,
        "fork": False,
        "url": url,
        "html_url": url,
        **{f"{part}_url": f"{url}/{part}" for part in API_PARTS},
        "clone_url": clone_url,
        "git_url": clone_url,
        "ssh_url": clone_url,
        "svn_url": url,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "size": 1,
        **dict.fromkeys([*counts, "watchers_count"], 0),
        "default_branch": "main",
        **{f"has_{part}": True for part in ("issues", "projects", "wiki", "downloads")},
        "has_pages": False,
        "archived": False,
        "disabled": False,
        **dict.fromkeys(["pushed_at", "created_at", "updated_at"], "2026-01-01T00:00:00Z"),
    }


def full_repository(simple: dict[str, Any]) -> dict[str, Any]:
    return {**simple, "has_discussions": False, "network_count": 0, "subscribers_count": 0}


def label(url: str, name: str) -> dict[str, Any]:
    return {
        "id": _number(name),
        "node_id": f"LA_{_number(name)}",
        "url": f"{url}/labels/{_number(name)}",
        "name": name,
        "description": "",
        "color": "ededed",
        "default": False,
    }


def ref(url: str, name: str, sha: str) -> dict[str, Any]:
    part = name.removeprefix("refs/")
    return {
        "ref": name,
        "node_id": f"REF_{part}",
        "url": f"{url}/git/refs/{part}",
        "object": {"type": "commit", "sha": sha, "url": f"{url}/git/commits/{sha}"},
    }


def comment(url: str, api: str, number: int, said: dict[str, Any]) -> dict[str, Any]:
    place = f"{url}/issues/comments/{said['id']}"
    return {
        "id": said["id"],
        "node_id": said["node_id"],
        "url": place,
        "html_url": place,
        "issue_url": f"{url}/issues/{number}",
        "user": user(api, said["login"]),
        "created_at": said["created_at"],
        "updated_at": said["updated_at"],
        "author_association": "MEMBER",
        "body": said["body"],
    }


def status(url: str, api: str, set_: dict[str, Any], *, simple: bool) -> dict[str, Any]:
    answer = {
        "id": set_["id"],
        "node_id": f"SC_{set_['id']}",
        "url": f"{url}/statuses/{set_['sha']}",
        "avatar_url": None,
        "state": set_["state"],
        "description": set_["description"],
        "target_url": set_["target_url"],
        "context": set_["context"],
        "created_at": set_["created_at"],
        "updated_at": set_["created_at"],
    }
    return answer if simple else {**answer, "creator": user(api, set_["login"])}


def review(url: str, api: str, number: int, given: dict[str, Any]) -> dict[str, Any]:
    place = f"{url}/pulls/{number}"
    return {
        "id": given["id"],
        "node_id": f"PRR_{given['id']}",
        "user": user(api, given["login"]),
        "body": "",
        "state": given["state"],
        "html_url": place,
        "pull_request_url": place,
        "_links": {"html": {"href": place}, "pull_request": {"href": place}},
        "submitted_at": given["at"],
        "commit_id": given["commit"],
        "author_association": "MEMBER",
    }


def _number(name: str) -> int:
    return sum(ord(sign) * 31**place for place, sign in enumerate(name[:8])) % 10**9


def git_commit(url: str, sha: str, said: list[str], verified: bool) -> dict[str, Any]:
    """A commit as git has it: tree, parents, author and committer with their times, message."""
    tree, parents, *people, message = said
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": f"{url}/git/commits/{sha}",
        "html_url": f"{url}/commit/{sha}",
        "author": dict(zip(("name", "email", "date"), people[:3], strict=True)),
        "committer": dict(zip(("name", "email", "date"), people[3:], strict=True)),
        "tree": {"sha": tree, "url": f"{url}/git/trees/{tree}"},
        "message": message,
        "parents": [
            {"sha": one, "url": f"{url}/git/commits/{one}", "html_url": f"{url}/commit/{one}"}
            for one in parents.split()
        ],
        "verification": {
            "verified": verified,
            "reason": "valid" if verified else "unsigned",
            "signature": "-----BEGIN PGP SIGNATURE-----" if verified else None,
            "payload": f"tree {tree}" if verified else None,
            "verified_at": "2026-01-01T00:00:00Z" if verified else None,
        },
    }
