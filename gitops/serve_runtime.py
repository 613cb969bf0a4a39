"""Ray Serve as the running system, through its REST API and the endpoints themselves."""

import json
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Self

import httpx

from gitops.errors import ApplyRefused, RuntimeUnavailable
from gitops.figures import figures_from
from gitops.runtime import Beside, LiveModel, ObservedApplication, Refusal

APPLICATIONS = "/api/serve/applications/"


class ServeRuntime:
    """`gitops.runtime.Runtime` on Ray Serve.

    `api` is the address of Ray's dashboard, `endpoint` that of Serve's HTTP proxy, whose host and
    port Serve is told when it starts. `token` is sent as bearer token to `api` alone. `timeout`
    bounds each question, `apply_timeout` each new configuration, in seconds. `tls` says which
    certificates of `endpoint` are accepted; None is as usual.
    """

    def __init__(
        self,
        api: str,
        endpoint: str,
        token: str | None = None,
        timeout: float = 30.0,
        apply_timeout: float = 120.0,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Proxies named in the environment are for the outside world.
        self._api = httpx.Client(base_url=api, headers=headers, timeout=timeout, trust_env=False)
        self._timeout, self._apply_timeout = timeout, apply_timeout
        # A new connection for each question, so that each replica gets its turn to answer.
        self._endpoint = httpx.Client(
            base_url=endpoint,
            timeout=timeout,
            trust_env=False,
            verify=tls or True,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._api.close()
        self._endpoint.close()

    def observe(self) -> Mapping[str, ObservedApplication]:
        answer = self._ask("GET", self._timeout)
        if answer.status_code != httpx.codes.OK:
            raise RuntimeUnavailable(str(answer.url), _told(answer))
        try:
            applications = answer.json()["applications"]
            return {name: _observed(name, details) for name, details in applications.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RuntimeUnavailable(str(answer.url), f"no answer of Serve: {error!r}") from error

    def apply(self, applications: Sequence[Mapping[str, Any]]) -> None:
        # The first configuration also starts Serve, controller and proxy, which takes its time.
        # Serve listens on all interfaces unless told otherwise, and only when it starts.
        body = {
            "proxy_location": "HeadOnly",
            "http_options": {
                "host": self._endpoint.base_url.host,
                "port": self._endpoint.base_url.port,
            },
            "applications": [dict(application) for application in applications],
        }
        answer = self._ask("PUT", self._apply_timeout, body)
        if answer.status_code in (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY):
            raise ApplyRefused(str(answer.url), answer.status_code, answer.text)
        if answer.status_code != httpx.codes.OK:
            raise RuntimeUnavailable(str(answer.url), _told(answer))

    def live(self, route: str) -> LiveModel | None:
        try:
            answer = self._endpoint.get(f"{route}/v2/health/ready")
            return _live(answer.json())
        except (httpx.HTTPError, json.JSONDecodeError, UnicodeDecodeError):
            return None

    def _ask(self, method: str, timeout: float, body: Any = None) -> httpx.Response:
        try:
            return self._api.request(method, APPLICATIONS, json=body, timeout=timeout)
        except httpx.HTTPError as error:
            url = str(self._api.base_url.join(APPLICATIONS))
            raise RuntimeUnavailable(url, str(error) or type(error).__name__) from error


def _told(answer: httpx.Response) -> str:
    hint = " (set SLIPWAY_RAY_TOKEN to Ray's token)" if answer.status_code in (401, 403) else ""
    return f"{answer.status_code} {answer.text[:500]}{hint}"


def _observed(name: str, details: Mapping[str, Any]) -> ObservedApplication:
    deleting = details["status"] == "DELETING"
    return ObservedApplication(
        name=name,
        status=details["status"],
        message=details.get("message", ""),
        config=None if deleting else details.get("deployed_app_config"),
    )


def _live(body: Any) -> LiveModel | None:
    if not isinstance(body, dict) or not isinstance(body.get("ready"), bool):
        return None
    live, refused = body.get("live") or {}, body.get("refused")
    return LiveModel(
        ready=body["ready"],
        digest=live.get("digest", ""),
        version=str(live.get("version", "")),
        since=str(live.get("since", "")),
        refused=Refusal(refused.get("digest", ""), refused.get("reason", "")) if refused else None,
        replica=str(body.get("replica", "")),
        beside=_beside(body.get("canary")),
    )


def _beside(told: Any) -> Beside | None:
    try:
        return Beside(str(told["digest"]), float(told["weight"]), figures_from(told))
    except (KeyError, TypeError, ValueError):
        return None
