"""What an endpoint says of itself: health, metadata, its description and its page."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from typing import Any

from serving import bodies
from serving.asgi import Answer, Scope, json_answer
from serving.docs_page import PAGE, PAGE_HEADERS
from serving.errors import NotReady
from serving.exposition import MEDIA, Exposition
from serving.live import Live
from serving.openapi import openapi
from serving.prediction_log import PredictionLog
from serving.protocols.open_inference import EXTENSIONS, model_metadata
from serving.rollout import Rollout

Read = Callable[[Scope, Live | None], Answer]


class About:
    """Everything that is asked by GET, by its path without a version.

    Each is told which version is asked about: the one named in the path, else the live one, None
    while there is none.
    """

    def __init__(self, rollout: Rollout, log: PredictionLog | None, exposition: Exposition) -> None:
        self._rollout = rollout
        self._log = log
        model = f"/v2/models/{rollout.model}"
        self.paths: Mapping[str, Read] = {
            "/v2": lambda *_: json_answer(200, _server()),
            "/v2/health/live": lambda *_: json_answer(200, {"live": True}),
            "/v2/health/ready": lambda *_: self._ready(),
            model: lambda _, live: self._metadata(live),
            f"{model}/ready": lambda _, live: self._model_ready(live),
            "/openapi.json": self._openapi,
            "/docs": lambda *_: Answer(200, PAGE, PAGE_HEADERS, bodies.HTML),
            "/metrics": lambda *_: Answer(200, exposition.text(), media=MEDIA),
            "/ping": lambda _, live: _ping(live),
            "/health": lambda _, live: _ping(live),
            "/version": lambda *_: Answer(200, _server()["version"].encode(), media=bodies.TEXT),
        }

    def _ready(self) -> Answer:
        live, warm, refused = self._rollout.live, self._rollout.warm, self._rollout.refused
        serving = live and {
            "digest": live.digest,
            "version": live.version,
            "since": live.since,
            "signature": live.bundle.signed,
        }
        canary = self._rollout.canary
        body = {
            "ready": live is not None,
            "live": serving,
            "warm": warm and {"digest": warm.digest, "version": warm.version},
            "canary": canary and canary.told(),
            "refused": refused and asdict(refused),
            "replica": self._rollout.replica,
            "log": self._log and self._log.state,
        }
        return json_answer(200 if live else 503, body)

    def _model_ready(self, live: Live | None) -> Answer:
        document = {"name": self._rollout.model, "ready": live is not None}
        return json_answer(200 if live else 503, document)

    def _metadata(self, live: Live | None) -> Answer:
        there = self._there(live)
        bundle = there.bundle
        return json_answer(200, model_metadata(bundle.signature, there.version, bundle.runtime))

    def _openapi(self, scope: Scope, live: Live | None) -> Answer:
        return json_answer(200, openapi(self._there(live), scope.get("root_path", "")))

    def _there(self, live: Live | None) -> Live:
        if live is None:
            raise NotReady(self._rollout.model)
        return live


def _ping(live: Live | None) -> Answer:
    return Answer(200 if live else 503, b"\n")


@cache
def _server() -> dict[str, Any]:
    return {"name": "slipway", "version": version("slipway"), "extensions": list(EXTENSIONS)}
