"""A working GitHub in one process on a loopback port: REST, GraphQL, git over HTTP, tokens.

Nothing is prepared: what the REST side changes, git sees, and the other way round. Faults are
scripted, and every exchange is kept for `tests.support.github.contract` to check.
"""

import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl

from tests.support.github import git_http, graphql, rest
from tests.support.github.accounts import Account, Accounts
from tests.support.github.handler import Handler, Incoming, Reply
from tests.support.github.repository import Refused, Repository

_REPOSITORY = re.compile(r"/repos/([^/]+)/([^/]+)(/.*)?")
_GIT = re.compile(r"/([^/]+)/([^/]+)\.git(/.*)")
_INSTALL = re.compile(r"/app/installations/(\d+)/access_tokens")


@dataclass
class Fault:
    """What happens instead of an answer to the next `times` requests like `what`.

    `what` is a pattern of `METHOD path` or of a GraphQL mutation's name. `done`: the request is
    carried out first, and its answer lost. Without a `status` the connection is cut.
    """

    what: str
    status: int | None = 502
    message: str = "Server Error"
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    done: bool = False

    def reply(self) -> Reply | None:
        if self.status is None:
            return None
        return Reply.of(self.status, {"message": self.message}, self.headers)


@dataclass
class Exchange:
    """One request to the API and its answer; `scripted` if the answer was a fault."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any
    scripted: bool


@dataclass
class FakeGitHub:
    """`remaining` is what the primary rate limit has left; None stands for enough."""

    accounts: Accounts = field(default_factory=Accounts)
    repositories: dict[str, Repository] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    log: list[Exchange] = field(default_factory=list)
    remaining: int | None = None
    reset: int = 0

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.answer = self.answer  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address of the API, and of git."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def create(
        self, name: str, folder: Path, seed: Mapping[str, str], owner: str = "acme"
    ) -> Repository:
        made = Repository.create(owner, name, folder, seed)
        self.repositories[f"{owner}/{name}"] = made
        return made

    def forget(self) -> None:
        """End what one test scripted, and its log."""
        self.faults.clear()
        self.log.clear()
        self.remaining = None

    def requests(self, what: str) -> list[Exchange]:
        """The exchanges so far whose `METHOD path` or mutation matches."""
        return [one for one in self.log if re.search(what, _line(one.method, one.path, one.body))]

    def answer(self, incoming: Incoming) -> Reply | None:
        if _GIT.fullmatch(incoming.path):
            return self._git(incoming)
        body = json.loads(incoming.body) if incoming.body else None
        line = _line(incoming.method, incoming.path, body)
        fault = next((one for one in self.faults if one.times and re.search(one.what, line)), None)
        if fault:
            fault.times -= 1
        reply = self._api(incoming, body) if fault is None or fault.done else None
        given = fault.reply() if fault else reply
        if given:
            self._keep(incoming, body, given, scripted=fault is not None)
        return given

    def _keep(self, incoming: Incoming, body: Any, given: Reply, *, scripted: bool) -> None:
        query = dict(parse_qsl(incoming.query))
        answer = json.loads(given.body) if given.body else None
        known = (incoming.method, incoming.path, query, incoming.headers, body)
        self.log.append(Exchange(*known, given.status, answer, scripted))

    def _api(self, incoming: Incoming, body: Any) -> Reply:
        try:
            status, answer = self._answered(incoming, body)
        except Refused as refused:
            status = refused.status
            answer = {"message": refused.message, "documentation_url": "https://docs.github.com"}
            if refused.errors:
                answer["errors"] = list(refused.errors)
        return Reply.of(status, answer, self._limits())

    def _limits(self) -> dict[str, str]:
        remaining = 5000 if self.remaining is None else self.remaining
        return {"x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": str(self.reset)}

    def _answered(self, incoming: Incoming, body: Any) -> rest.Answer:
        authorization = incoming.headers.get("authorization", "")
        if found := _INSTALL.fullmatch(incoming.path):
            return 201, self.accounts.install(authorization, int(found[1]))
        account = self.accounts.who(authorization)
        self._count()
        if incoming.path == "/graphql":
            return 200, self._mutated(account, body)
        if incoming.path == "/rate_limit":
            return 200, self._rate()
        return self._of_repository(incoming, account, body)

    def _count(self) -> None:
        if self.remaining is not None and time.time() >= self.reset:
            self.remaining = None
        if self.remaining == 0:
            raise Refused(403, "API rate limit exceeded for user ID 1.")
        if self.remaining:
            self.remaining -= 1

    def _rate(self) -> dict[str, Any]:
        remaining = 5000 if self.remaining is None else self.remaining
        rate = {"limit": 5000, "remaining": remaining, "used": 0, "reset": self.reset}
        return {"resources": {"core": rate, "search": rate}, "rate": rate}

    def _of_repository(self, incoming: Incoming, account: Account, body: Any) -> rest.Answer:
        found = _REPOSITORY.fullmatch(incoming.path)
        place = self.repositories.get(f"{found[1]}/{found[2]}") if found else None
        if found is None or place is None:
            raise Refused(404, "Not Found")
        operation, parts = rest.find(incoming.method, found[3] or "")
        _permit(account, operation.permission)
        clone = f"{self.url}/{place.owner}/{place.name}.git"
        query = dict(parse_qsl(incoming.query))
        call = rest.Call(place, self.url, account.login, clone, parts, query, body or {})
        with place.lock:
            return operation.handle(call)

    def _mutated(self, account: Account, body: dict[str, Any]) -> dict[str, Any]:
        name, given = graphql.mutation(body["query"]), body["variables"]["input"]
        _permit(account, graphql.PERMISSIONS[name])
        if name == "updateIssueComment":
            pulls = [one for place in self.repositories.values() for one in place.pulls.values()]
            return graphql.update_comment(pulls, given)
        where = given["branch"]["repositoryNameWithOwner"]
        place = self.repositories.get(where)
        if place is None:
            message = f"Could not resolve to a Repository with the name '{where}'."
            return graphql.error("NOT_FOUND", name, message)
        with place.lock:
            return graphql.create_commit(place, given, account.login)

    def _git(self, incoming: Incoming) -> Reply:
        found = _GIT.fullmatch(incoming.path)
        assert found
        try:
            account = self.accounts.basic(incoming.headers.get("authorization", ""))
        except Refused as refused:
            return Reply(
                401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, refused.message.encode()
            )
        place = self.repositories.get(f"{found[1]}/{found[2]}")
        if place is None:
            return Reply(404, {}, b"Not Found")
        with place.lock:
            given = git_http.answer(place.folder, *incoming.git(found[3]), account.login)
            if incoming.path.endswith("/git-receive-pack"):
                place.settle()
        return Reply(*given)


def _permit(account: Account, permission: str) -> None:
    if permission not in account.permissions:
        raise Refused(403, "Resource not accessible by personal access token")


def _line(method: str, path: str, body: Any) -> str:
    if path != "/graphql" or not isinstance(body, dict):
        return f"{method} {path}"
    return graphql.mutation(body["query"])
