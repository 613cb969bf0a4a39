"""Ray Serve as far as the reconciler can tell: its REST API and its endpoints, over real HTTP.

A configuration takes effect at the second look at the applications after it was put, so that
every test passes through `DEPLOYING` without a clock. What a bundle does is told by its digest.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

SINCE = "2026-01-01T00:00:00+00:00"
GOOD_ANSWER, WRONG_ANSWER = 1.0, 2.0
GOOD_FIGURES: dict[str, Any] = {
    "stable": {"requests": 1000, "errors": 0, "latency_us": [[300.0, 1000]]},
    "candidate": {"requests": 1000, "errors": 0, "latency_us": [[300.0, 1000]]},
    "pairs": {
        "requests": 1000,
        "shadowed": 1000,
        "failures": 0,
        "rows": 1000,
        "disagreed": 10,
        "stable": 500.0,
        "stable_squares": 300.0,
        "shift": 1.0,
        "shift_squares": 1.0,
    },
}


@dataclass
class Application:
    """One application; `looks` counts down to the moment when `config` takes effect."""

    config: dict[str, Any] | None
    status: str = "DEPLOYING"
    message: str = ""
    looks: int = 1
    live: dict[str, Any] | None = None
    refused: dict[str, Any] | None = None
    canary: dict[str, Any] | None = None
    delay_ms: int = 0

    @property
    def user_config(self) -> dict[str, Any]:
        deployments = (self.config or {}).get("deployments") or [{}]
        found: dict[str, Any] = deployments[0].get("user_config", {})
        return found


@dataclass
class FakeServe:
    """`refusals` maps digests to the reason an endpoint gives; `hanging` never become ready,
    `wrong` answer wrongly. `compared` maps digests to what is told of them beside a stable version,
    where it is not `GOOD_FIGURES`. `outage` makes the API answer 503; `on_infer` is called before
    an endpoint gives its answer, which is settled by then."""

    token: str = ""
    applications: dict[str, Application] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    puts: list[dict[str, Any]] = field(default_factory=list)
    outage: bool = False
    compared: dict[str, dict[str, Any]] = field(default_factory=dict)
    on_infer: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        self._servers = [_serve(self, _Api), _serve(self, _Endpoint)]
        return self

    def __exit__(self, *_: object) -> None:
        for server, thread in self._servers:
            server.shutdown()
            server.server_close()
            thread.join()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._servers[0][0].server_port}"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._servers[1][0].server_port}"

    def restart(self) -> None:
        """What is left after Ray was killed and came back."""
        self.applications.clear()

    def digest(self, name: str) -> str:
        """The digest that an application answers with; empty if it does not answer."""
        application = self.applications.get(name)
        return application.live["digest"] if application and application.live else ""

    def put(self, body: dict[str, Any]) -> str | None:
        """Take in a whole configuration; returns why it is refused."""
        wanted = {config["name"]: config for config in body["applications"]}
        routes = [config["route_prefix"] for config in wanted.values()]
        if len(set(routes)) < len(routes) or len(wanted) < len(body["applications"]):
            return "ValidationError: Found duplicate applications"
        self.puts.append(body)
        for name in [n for n, app in self.applications.items() if app.config is not None]:
            if name not in wanted:
                self.applications[name] = Application(None, status="DELETING")
        for name, config in wanted.items():
            present = self.applications.setdefault(name, Application(config))
            present.config, present.status, present.looks = config, "DEPLOYING", 1
        return None

    def look(self) -> dict[str, Any]:
        """All applications, each one step further."""
        answer = {name: _details(name, app) for name, app in self.applications.items()}
        for name, application in list(self.applications.items()):
            if application.looks == 0:
                self._take_effect(name, application)
            application.looks -= 1
        return {"applications": answer}

    def _take_effect(self, name: str, application: Application) -> None:
        if application.status == "DELETING":
            del self.applications[name]
            return
        application.status = "RUNNING"
        bundle = application.user_config.get("bundle")
        if bundle is None:
            return
        if bundle["digest"] in self.hanging:
            application.status = "DEPLOYING"
            return
        canary = application.user_config.get("canary")
        named = canary["bundle"]["digest"] if canary else bundle["digest"]
        reason = self.refusals.get(named)
        if reason is None:
            application.canary = canary and {
                "digest": named,
                "weight": canary["weight"],
                **self.compared.get(named, GOOD_FIGURES),
            }
            same = application.live and application.live["digest"] == bundle["digest"]
            since = application.live["since"] if same and application.live else SINCE
            application.live = {
                "digest": bundle["digest"],
                "version": bundle["version"],
                "since": since,
            }
            application.refused = None
            application.delay_ms = application.user_config.get("fault", {}).get("delay_ms", 0)
        elif application.live is None:
            application.status, application.message = "DEPLOY_FAILED", reason
        else:
            application.refused = {"digest": named, "reason": reason}


def _details(name: str, application: Application) -> dict[str, Any]:
    return {
        "name": name,
        "status": application.status,
        "message": application.message,
        "deployed_app_config": application.config,
        "deployments": {},
    }


class _Handler(BaseHTTPRequestHandler):
    """What both servers share; `server.fake` is the system behind them."""

    @property
    def fake(self) -> FakeServe:
        return self.server.fake  # type: ignore[attr-defined,no-any-return]

    def log_message(self, *_: object) -> None:
        return

    def answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")


class _Api(_Handler):
    def do_GET(self) -> None:
        if self._allowed():
            self.answer(200, self.fake.look())

    def do_PUT(self) -> None:
        body = self.body()
        if self._allowed():
            refused = self.fake.put(body)
            self.answer(400 if refused else 200, refused or "")

    def _allowed(self) -> bool:
        if self.path != "/api/serve/applications/":
            self.answer(404, "no such page")
        elif self.fake.outage:
            self.answer(503, "the controller is away")
        elif self.fake.token and self.headers["Authorization"] != f"Bearer {self.fake.token}":
            self.answer(403, "Forbidden: Invalid authentication token")
        else:
            return True
        return False


class _Endpoint(_Handler):
    def do_GET(self) -> None:
        application = self._application("/v2/health/ready")
        if application is None:
            self.answer(404, "Path not found")
            return
        ready = application.live is not None
        body = {
            "ready": ready,
            "live": application.live,
            "refused": application.refused,
            "canary": application.canary,
        }
        self.answer(200 if ready else 503, body)

    def do_POST(self) -> None:
        self.body()
        application = self._application("/invocations")
        if application is None or application.live is None:
            self.answer(503, "not ready")
            return
        wrong = application.live["digest"] in self.fake.wrong
        score = WRONG_ANSWER if wrong else GOOD_ANSWER
        body = {"predictions": [score], "took_ms": 5 + application.delay_ms}
        digest = application.live["digest"]
        self.fake.on_infer()
        self.answer(200, body, {"x-bundle-digest": digest})

    def _application(self, ending: str) -> Application | None:
        route = self.path.removesuffix(ending)
        for application in self.fake.applications.values():
            if application.config and application.config["route_prefix"] == route:
                return application
        return None


def _serve(
    fake: FakeServe, handler: type[_Handler]
) -> tuple[ThreadingHTTPServer, threading.Thread]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.fake = fake  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    return server, thread
