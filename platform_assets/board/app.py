"""The board's pages over HTTP: read-only, and for browsers of this machine alone."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gitops.errors import GitopsError
from gitops.forge import Forge
from platform_assets.board import papers
from platform_assets.board.links import Links
from platform_assets.board.page import SCRIPT, STYLE, render_board, render_paper
from platform_assets.board.papers import Paper
from platform_assets.board.readings import Clock, Sources, now
from platform_assets.board.view import Board, board

HOSTS = ["127.0.0.1", "localhost"]
PATIENCE, AGAIN = 2.0, 0.2
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
Find = Callable[..., Paper | None]


def build_app(
    sources: Sources, forge: Forge, links: Links, patience: float = PATIENCE, clock: Clock = now
) -> Starlette:
    """The board of these sources; a page waits at most `patience` seconds for them."""

    def shown() -> Board:
        return board(sources.readings(patience, min(patience, AGAIN)), links, clock())

    def page(_: Request) -> Response:
        return HTMLResponse(render_board(shown()))

    def document(_: Request) -> Response:
        return JSONResponse(_plain(asdict(shown())))

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        yield
        sources.close()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/board.json", document),
            Route("/health", lambda _: PlainTextResponse("up")),
            Route("/style.css", lambda _: Response(STYLE, media_type="text/css")),
            Route("/board.js", lambda _: Response(SCRIPT, media_type="text/javascript")),
            *_git_pages(forge),
        ],
        # Another site could have its own name answered with this machine's address.
        middleware=[Middleware(_Headers), Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)],
        lifespan=life,
    )


def _git_pages(forge: Forge) -> list[Route]:
    """What git says, by the words of its address."""

    def paper(path: str, find: Find) -> Route:
        return Route(path, lambda request: _paper(partial(find, forge, **request.path_params)))

    return [
        paper("/git/promotions/{number:int}", papers.promotion),
        paper("/git/{environment}/{model}/holds", papers.holds),
        paper("/git/{environment}/{model}/{revision}", papers.change),
    ]


class _Headers:
    """Every answer tells the browser to run and to fetch nothing but what is here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)


def _paper(find: Callable[[], Paper | None]) -> Response:
    try:
        found = find()
    except GitopsError as error:
        return PlainTextResponse(f"{error}\n", status_code=503)
    if found is None:
        return PlainTextResponse("git has nothing of that name\n", status_code=404)
    return HTMLResponse(render_paper(found))


def _plain(value: Any) -> Any:
    """Times as ISO 8601, and no pictures."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name != "spark"}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
