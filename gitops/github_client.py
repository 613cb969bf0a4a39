"""GitHub's API through githubkit: asked with patience, answers read leniently.

A request that may be repeated is repeated when GitHub does not answer. One that may not is sent
once, and ForgeUnavailable says that nobody knows whether it arrived.
"""

import os
import time
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from githubkit import AppAuthStrategy, GitHub
from githubkit.auth import BaseAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import RequestError, RequestFailed
from pydantic import SecretStr

from gitops.errors import (
    AccessDenied,
    ForgeUnavailable,
    GitopsError,
    RateLimited,
    RequestRefused,
)
from gitops.github_access import (
    HOLDER,
    Access,
    Account,
    App,
    AppAccess,
    GitHubRepository,
    Issued,
    TokenAccess,
)

VERSION = "2022-11-28"
PAGE = 100
NO_HINT = 60.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Manners:
    """How often to ask, and how long to wait in all (seconds) for what GitHub asks to wait for."""

    attempts: int = 4
    longest: float = 90.0
    timeout: float = 30.0
    pause: Callable[[float], None] = time.sleep

    def pause_before(self, attempt: int) -> float:
        """Seconds before attempt number `attempt` + 1, more each time."""
        return 0.5 * float(2**attempt)

    def rest(self, attempt: int) -> None:
        self.pause(self.pause_before(attempt))


class GitHubClient:
    """Asks the API about one repository; threads and forked processes may share it."""

    def __init__(
        self, repository: GitHubRepository, account: Account, manners: Manners | None = None
    ) -> None:
        self.repository, self.manners = repository, manners or Manners()
        self.access: Access = (
            AppAccess(lambda: self._issue(account))
            if isinstance(account, App)
            else TokenAccess(account)
        )
        self._github = _Kept(repository.api, _Shown(self.access), self.manners)

    def get(self, path: str, **query: str | int) -> Any:
        """The answer to a GET below the repository."""
        return self._patiently("GET", self._url(path), None, query, again=True)

    def pages(self, path: str, **query: str | int) -> Iterator[Any]:
        """All elements of a list, page by page."""
        for page in range(1, 10_000):
            found = self.get(path, **query, per_page=PAGE, page=page)
            yield from found
            if len(found) < PAGE:
                return

    def send(self, method: str, path: str, body: Mapping[str, Any] | None, *, again: bool) -> Any:
        """Send a change; `again`: doing it twice is doing it once.

        Raises
        ------
        RequestRefused
            GitHub takes it for wrong; nothing changed.
        ForgeUnavailable
            No answer. If it may not be sent again, it may have arrived.
        """
        return self._patiently(method, self._url(path), body, {}, again=again)

    def mutate(self, document: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a GraphQL mutation once; its `errors` are part of the answer."""
        body = {"query": document, "variables": {"input": given}}
        answer = self._patiently("POST", self.repository.graphql, body, {}, again=False)
        found: Mapping[str, Any] = answer
        return found

    def once(self, act: Callable[[], Any], look: Callable[[], Any]) -> Any:
        """Do what may not be done twice: after a lost answer, look whether it arrived.

        `look` returns None if it did not.
        """
        for attempt in range(self.manners.attempts):
            try:
                return act()
            except ForgeUnavailable:
                self.manners.rest(attempt)
                found = look()
                if found is not None:
                    return found
                if attempt + 1 == self.manners.attempts:
                    raise
        raise AssertionError(attempt)

    def _url(self, path: str) -> str:
        owner, name = quote(self.repository.owner), quote(self.repository.name)
        return f"{self.repository.api}/repos/{owner}/{name}{path}"

    def _patiently(
        self, method: str, url: str, body: Any, query: Mapping[str, Any], *, again: bool
    ) -> Any:
        return patiently(self._github, self.manners, (method, url, body, query), again=again)

    def _issue(self, account: App) -> Issued:
        """Have a new token issued for the App's installation."""
        strategy = AppAuthStrategy(account.number, account.key.get_secret_value())
        github = _Kept(self.repository.api, strategy, self.manners)
        url = f"{self.repository.api}/app/installations/{account.installation}/access_tokens"
        repositories = {"repositories": [self.repository.name]}
        answer = patiently(github, self.manners, ("POST", url, repositories, {}), again=True)
        return Issued(SecretStr(answer["token"]), datetime.fromisoformat(answer["expires_at"]))


Request = tuple[str, str, Any, Mapping[str, Any]]


def patiently(github: GitHub[Any], manners: Manners, request: Request, *, again: bool) -> Any:
    """Ask until GitHub answers, within bounds; what it answers decides whether that is an error."""
    waited = 0.0
    for attempt in range(manners.attempts):
        try:
            return _ask(github, request)
        except RequestError as error:
            problem = _problem(request, error)
        pause = _pause(problem, manners.pause_before(attempt), again=again)
        waited += pause or 0.0
        if pause is None or waited > manners.longest or attempt + 1 == manners.attempts:
            raise problem
        manners.pause(pause)
    raise AssertionError(request[1])


def _pause(problem: GitopsError, usual: float, *, again: bool) -> float | None:
    """Seconds after which the same request makes sense; None if it never does."""
    if isinstance(problem, RateLimited):
        return problem.seconds
    return usual if again and isinstance(problem, ForgeUnavailable) else None


def _problem(request: Request, error: RequestError[Any]) -> GitopsError:
    if not isinstance(error, RequestFailed):
        return _unsent(request[1], error.exc)
    seconds = _rest_wanted(error)
    if seconds is not None:
        return RateLimited(request[1], seconds, _said(error))
    if error.response.status_code >= 500:
        return ForgeUnavailable(request[1], _said(error))
    return _refusal(request, error)


def _ask(github: GitHub[Any], request: Request) -> Any:
    method, url, body, query = request
    headers = {"X-GitHub-Api-Version": VERSION}
    answer = github.request(method, url, json=body, params=dict(query) or None, headers=headers)
    raw = answer.raw_response
    if raw.is_redirect:
        raise RequestRefused(url, method, raw.status_code, f"moved to {raw.headers['location']}")
    found = raw.json() if raw.content else None
    errors = found.get("errors") or () if isinstance(found, dict) else ()
    if any(str(one.get("type", "")).startswith("RATE_LIMIT") for one in errors):
        raise RequestFailed(answer)
    return found


def _rest_wanted(error: RequestFailed) -> float | None:
    """Seconds GitHub wants to be left alone for; None if this is no rate limit.

    A secondary limit may come without either header; GitHub's documentation asks for a minute.
    """
    headers, said = error.response.headers, _said(error).lower()
    if error.response.status_code not in (200, 403, 429):
        return None
    if headers.get("retry-after", "").isdigit():
        return float(headers["retry-after"])
    if headers.get("x-ratelimit-remaining") == "0":
        return max(0.0, float(headers.get("x-ratelimit-reset", 0)) - time.time()) + 1
    limited = error.response.status_code in (200, 429) or "rate limit" in said
    return NO_HINT if limited else None


def _unsent(url: str, problem: Exception) -> GitopsError:
    """What kept a request from being answered: the way there, or what shows who asks."""
    if isinstance(problem, GitopsError):
        return problem
    if isinstance(problem, httpx.TransportError):
        return ForgeUnavailable(url, str(problem) or type(problem).__name__)
    return AccessDenied(url, f"{type(problem).__name__}: {problem}", HOLDER)


def _refusal(request: Request, error: RequestFailed) -> AccessDenied | RequestRefused:
    status, said = error.response.status_code, _said(error)
    url = str(error.request.url)
    if status in (401, 403):
        needed = error.response.headers.get("x-accepted-github-permissions", "")
        return AccessDenied(url, f"{said} (needs {needed})" if needed else said, HOLDER)
    return RequestRefused(url, request[0], status, said)


def _said(error: RequestFailed) -> str:
    """GitHub's message with the errors of a 422; what is no JSON, as it is."""
    try:
        answer = error.response.json()
    except ValueError:
        return f"{error.response.status_code} {error.response.text[:200]}".strip()
    if not isinstance(answer, dict):
        return str(answer)[:200]
    details = [
        str(one.get("message") or one) if isinstance(one, dict) else str(one)
        for one in answer.get("errors") or ()
    ]
    return ": ".join([str(answer.get("message", "")), *details])


@dataclass
class _Shown(BaseAuthStrategy, httpx.Auth):
    """Shows the token of the moment; it is part of no other object and of no message."""

    access: Access

    def get_auth_flow(self, github: Any) -> httpx.Auth:  # noqa: ARG002 -- githubkit's signature
        return self

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"token {self.access.token()}"
        yield request


class _Kept(GitHub[Any]):
    """githubkit with connections that outlive a request, never shared with a forked process."""

    def __init__(self, api: str, strategy: BaseAuthStrategy, manners: Manners) -> None:
        super().__init__(
            strategy,
            base_url=api,
            timeout=manners.timeout,
            follow_redirects=False,
            trust_env=urlsplit(api).hostname not in _LOOPBACK,
            cache_strategy=MemCacheStrategy(),
            http_cache=False,
            auto_retry=False,
            user_agent="slipway",
        )
        self._clients: dict[int, httpx.Client] = {}

    @contextmanager
    def get_sync_client(self) -> Generator[httpx.Client, None, None]:
        if os.getpid() not in self._clients:
            client = self._clients[os.getpid()] = self._create_sync_client()
            weakref.finalize(self, client.close)
        yield self._clients[os.getpid()]
