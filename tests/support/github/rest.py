"""The REST operations of the fake: what each needs, does and answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.support.github import pulls, shapes
from tests.support.github.merging import merge
from tests.support.github.pulls import Pull
from tests.support.github.repository import MAIN, Refused, Repository, now

LONGEST_BODY = 65_536


@dataclass(frozen=True)
class Call:
    """One request to a repository: the parts of its path, its query and body, and who asks."""

    repository: Repository
    api: str
    login: str
    clone_url: str
    parts: tuple[str, ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.api}/repos/{self.repository.owner}/{self.repository.name}"

    @property
    def shape(self) -> dict[str, Any]:
        place = self.repository
        return shapes.repository(self.api, place.owner, place.name, self.clone_url)

    @property
    def pull(self) -> Pull:
        found = self.repository.pulls.get(int(self.parts[0]))
        if found is None:
            raise Refused(404, "Not Found")
        return found


Answer = tuple[int, Any]


def get_repository(call: Call) -> Answer:
    return 200, shapes.full_repository(call.shape)


def get_ref(call: Call) -> Answer:
    sha = call.repository.git.ref(f"refs/{call.parts[0]}")
    if sha is None:
        raise Refused(404, "Not Found")
    return 200, shapes.ref(call.url, f"refs/{call.parts[0]}", sha)


def create_ref(call: Call) -> Answer:
    name, sha = call.body["ref"], call.body["sha"]
    if not call.repository.exists(sha):
        raise Refused(422, "Object does not exist")
    call.repository.move(name, sha, None)
    return 201, shapes.ref(call.url, name, sha)


def update_ref(call: Call) -> Answer:
    name, sha, place = f"refs/{call.parts[0]}", call.body["sha"], call.repository
    present = place.git.ref(name)
    if present is None:
        raise Refused(422, "Reference does not exist")
    if not place.exists(sha):
        raise Refused(422, "Object does not exist")
    if not call.body.get("force") and not place.leads_to(present, sha):
        raise Refused(422, "Update is not a fast forward")
    place.move(name, sha, present)
    return 200, shapes.ref(call.url, name, sha)


def delete_ref(call: Call) -> Answer:
    name = f"refs/{call.parts[0]}"
    present = call.repository.git.ref(name)
    if present is None:
        raise Refused(422, "Reference does not exist")
    call.repository.move(name, None, present)
    return 204, None


def list_pulls(call: Call) -> Answer:
    wanted = call.query.get("state", "open")
    head = call.query.get("head", "").removeprefix(f"{call.repository.owner}:")
    found = [
        pull
        for pull in call.repository.pulls.values()
        if wanted in ("all", pull.state) and head in ("", pull.branch) and _seen(pull)
    ]
    if call.query.get("direction", "desc") == "desc":
        found.reverse()
    size = int(call.query.get("per_page", 30))
    start = size * (int(call.query.get("page", 1)) - 1)
    page = found[start : start + size]
    return 200, [pulls.simple(one, call.api, call.shape) for one in page]


def _seen(thing: Pull) -> bool:
    thing.unseen -= 1
    return thing.unseen < 0


def open_pull(call: Call) -> Answer:
    place, body = call.repository, call.body
    branch = body["head"].removeprefix(f"{place.owner}:")
    tip = place.branch(branch)
    _check_new(place, branch, tip)
    _check_body(body)
    number = next(place.ids)
    pull = Pull(
        number, body["title"], body.get("body"), branch, str(tip), place.main, call.login,
        now(), now(), undecided=place.merge_delay, unseen=place.list_delay,
    )  # fmt: skip
    place.pulls[number] = pull
    place.git.run("update-ref", f"refs/pull/{number}/head", pull.sha)
    return 201, pulls.whole(pull, call.api, call.shape, None)


def _check_new(place: Repository, branch: str, tip: str | None) -> None:
    if tip is None:
        raise _invalid("head", "invalid")
    if place.leads_to(tip, place.main):
        raise _invalid("", "custom", f"No commits between main and {branch}")
    if any(one.state == "open" and one.branch == branch for one in place.pulls.values()):
        message = f"A pull request already exists for {place.owner}:{branch}."
        raise _invalid("", "custom", message)


def _check_body(body: dict[str, Any]) -> None:
    if len(body.get("body") or "") > LONGEST_BODY:
        raise _invalid("body", "custom", f"body is too long (maximum is {LONGEST_BODY} characters)")


def _invalid(where: str, code: str, message: str = "") -> Refused:
    error = {"resource": "PullRequest", "code": code, "field": where, "message": message}
    return Refused(422, "Validation Failed", {key: text for key, text in error.items() if text})


def get_pull(call: Call) -> Answer:
    pull, place = call.pull, call.repository
    mergeable: bool | None = None
    if pull.state == "open":
        if pull.undecided <= 0:
            mergeable = place.merged_tree(pull.sha) is not None
        pull.undecided -= 1
    return 200, pulls.whole(pull, call.api, call.shape, mergeable)


def update_pull(call: Call) -> Answer:
    pull, body = call.pull, call.body
    _check_body(body)
    if body.get("state") == "open" and pull.merged_at:
        raise _invalid("state", "invalid")
    pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
    if body.get("state") == "closed" and pull.state == "open":
        call.repository.close(pull)
    pull.updated_at = now()
    return 200, pulls.whole(pull, call.api, call.shape, None)


def merge_pull(call: Call) -> Answer:
    sha = merge(call.repository, call.pull, call.body, call.login)
    return 200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


def list_reviews(call: Call) -> Answer:
    given = call.pull.reviews
    return 200, [shapes.review(call.url, call.api, call.pull.number, one) for one in given]


def add_labels(call: Call) -> Answer:
    pull = call.pull
    pull.labels = list(dict.fromkeys([*pull.labels, *call.body["labels"]]))
    return 200, [shapes.label(call.url, name) for name in pull.labels]


def list_comments(call: Call) -> Answer:
    pull, shown = call.pull, []
    for said in pull.comments:
        said["unseen"] -= 1
        if said["unseen"] < 0:
            shown.append(shapes.comment(call.url, call.api, pull.number, said))
    return 200, shown[: int(call.query.get("per_page", 30))]


def add_comment(call: Call) -> Answer:
    _check_body(call.body)
    number = len(call.pull.comments) + 1000 * call.pull.number
    said = {
        "id": number,
        "node_id": f"IC_{number}",
        "login": call.login,
        "body": call.body["body"],
        "created_at": now(),
        "updated_at": now(),
        "unseen": call.repository.list_delay,
    }
    call.pull.comments.append(said)
    return 201, shapes.comment(call.url, call.api, call.pull.number, said)


def set_status(call: Call) -> Answer:
    place, sha, body = call.repository, call.parts[0], call.body
    description = body.get("description") or ""
    if not place.exists(sha):
        raise Refused(422, f"No commit found for SHA: {sha}")
    if len(description) > 140:
        raise _invalid("description", "custom", "description is too long (maximum is 140)")
    made = {
        "id": len(place.statuses) + 1,
        "sha": sha,
        "state": body["state"],
        "context": body.get("context", "default"),
        "description": description or None,
        "target_url": body.get("target_url"),
        "created_at": now(),
        "login": call.login,
    }
    place.statuses.append(made)
    return 201, shapes.status(call.url, call.api, made, simple=False)


def get_commit(call: Call) -> Answer:
    place, sha = call.repository, call.parts[0]
    found = place.git.read_objects([sha])[0]
    if found is None or found[0] != "commit":
        raise Refused(404, "Not Found")
    form = "%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B"
    said = place.git.text("show", "--no-patch", f"--format={form}", sha)
    return 200, shapes.git_commit(call.url, sha, said.split("\n", 8), sha in place.verified)


def combined_status(call: Call) -> Answer:
    place, sha = call.repository, call.parts[0]
    found = list(place.latest(sha).values())
    size, page = int(call.query.get("per_page", 30)), int(call.query.get("page", 1))
    shown = found[size * (page - 1) : size * page]
    states = {one["state"] for one in found}
    state = "failure" if states & {"failure", "error"} else "success"
    return 200, {
        "state": "pending" if not states or "pending" in states else state,
        "sha": sha,
        "total_count": len(found),
        "statuses": [shapes.status(call.url, call.api, one, simple=True) for one in shown],
        "repository": call.shape,
        "commit_url": f"{call.url}/commits/{sha}",
        "url": f"{call.url}/commits/{sha}/status",
    }


@dataclass(frozen=True)
class Operation:
    """A handler with the permission that it needs."""

    method: str
    path: re.Pattern[str]
    permission: str
    handle: Callable[[Call], Answer]


def _operation(method: str, path: str, permission: str, handle: Callable[[Call], Answer]) -> Any:
    return Operation(method, re.compile(path), permission, handle)


OPERATIONS: tuple[Operation, ...] = (
    _operation("GET", "", "metadata:read", get_repository),
    _operation("GET", "/git/ref/(.+)", "contents:read", get_ref),
    _operation("GET", "/git/commits/([0-9a-f]{40})", "contents:read", get_commit),
    _operation("POST", "/git/refs", "contents:write", create_ref),
    _operation("PATCH", "/git/refs/(.+)", "contents:write", update_ref),
    _operation("DELETE", "/git/refs/(.+)", "contents:write", delete_ref),
    _operation("GET", "/pulls", "pull_requests:read", list_pulls),
    _operation("POST", "/pulls", "pull_requests:write", open_pull),
    _operation("GET", r"/pulls/(\d+)", "pull_requests:read", get_pull),
    _operation("PATCH", r"/pulls/(\d+)", "pull_requests:write", update_pull),
    _operation("PUT", r"/pulls/(\d+)/merge", "contents:write", merge_pull),
    _operation("GET", r"/pulls/(\d+)/reviews", "pull_requests:read", list_reviews),
    _operation("POST", r"/issues/(\d+)/labels", "pull_requests:write", add_labels),
    _operation("GET", r"/issues/(\d+)/comments", "pull_requests:read", list_comments),
    _operation("POST", r"/issues/(\d+)/comments", "pull_requests:write", add_comment),
    _operation("POST", "/statuses/(.+)", "statuses:write", set_status),
    _operation("GET", "/commits/(.+)/status", "statuses:read", combined_status),
)


def find(method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
    """The operation behind a path below its repository, and the path's variable parts."""
    for one in OPERATIONS:
        matched = one.path.fullmatch(path)
        if matched and one.method == method:
            return one, tuple(map(unquote, matched.groups()))
    raise Refused(404, "Not Found")


__all__ = ["MAIN", "Answer", "Call", "Operation", "find"]
