"""Dagster's webserver as far as the commands can tell: its GraphQL, over real HTTP."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

REPOSITORY = "__repository__"


def run(run_id: str, status: str, created: float = 0.0, **tags: str) -> dict[str, Any]:
    """A run as the API lists it; the names of tags have `/` where Python has `__`."""
    named = {name.replace("__", "/"): value for name, value in tags.items()}
    return {
        "runId": run_id,
        "jobName": "fraud_pipeline",
        "status": status,
        "creationTime": created,
        "startTime": created,
        "endTime": None,
        "tags": [{"key": key, "value": value} for key, value in named.items()],
        "stepStats": [],
    }


def page(events: list[dict[str, Any]], after: str = "0", size: int = 1000) -> dict[str, Any]:
    """The next events of a run, as the API hands them out."""
    start, end = int(after), int(after) + size
    told = {"cursor": str(end), "hasMore": end < len(events), "events": events[start:end]}
    return {"__typename": "EventConnection", **told}


def asset(model: str, name: str, checks: dict[str, str], **said: float | str) -> dict[str, Any]:
    """An asset that materialized now with numbers and words, and how its checks ended."""
    kinds = {float: "floatValue", int: "intValue", str: "text"}
    entries = [{"label": label, kinds[type(value)]: value} for label, value in said.items()]
    newest = {"timestamp": str(time.time() * 1000), "runId": "r", "metadataEntries": entries}
    ran = {name: {"status": status, "timestamp": 0.0} for name, status in checks.items()}
    return {
        "assetKey": {"path": [model, name]},
        "assetChecksOrError": {
            "checks": [
                {"name": name, "executionForLatestMaterialization": one}
                for name, one in ran.items()
            ]
        },
        "assetMaterializations": [newest],
    }


@dataclass
class FakeDagster:
    """`runs` are listed newest first; `error` is why the code does not load; `failure` why runs
    failed. `on_look` is called before runs are listed."""

    jobs: tuple[str, ...] = ("fraud_pipeline",)
    runs: list[dict[str, Any]] = field(default_factory=list)
    assets: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    failure: str = "a step failed"
    launched: list[dict[str, Any]] = field(default_factory=list)
    checks: list[tuple[bool, str]] = field(default_factory=list)
    severity: str = "ERROR"
    page_events: int = 1000
    observed: list[dict[str, Any]] = field(default_factory=list)
    on_look: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.fake = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_port

    def answer(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        if "workspaceOrError" in query:
            return {"workspaceOrError": self._workspace()}
        if "assetNodes" in query:
            return {"assetNodes": self.assets}
        if "launchRun" in query:
            self.launched.append(variables["params"])
            return {"launchRun": {"__typename": "LaunchRunSuccess", "run": {"runId": "launched"}}}
        if "reportRunlessAssetEvents" in query:
            self.observed.append(variables["event"])
            done = {"__typename": "ReportRunlessAssetEventsSuccess"}
            return {"reportRunlessAssetEvents": done}
        if "logsForRun" in query:
            ending = {"__typename": "RunFailureEvent", "message": self.failure}
            events = [*(_evaluation(one, self.severity) for one in self.checks), ending]
            return {"logsForRun": page(events, variables.get("after", "0"), self.page_events)}
        self.on_look()
        wanted, limit = variables.get("statuses"), variables.get("limit")
        runs = [one for one in self.runs if wanted is None or one["status"] in wanted]
        return {"runsOrError": {"__typename": "Runs", "results": runs[:limit]}}

    def _workspace(self) -> dict[str, Any]:
        jobs = [{"name": name} for name in self.jobs]
        loaded = {"__typename": "RepositoryLocation"} | {
            "repositories": [{"name": REPOSITORY, "jobs": jobs}]
        }
        broken = {"__typename": "PythonError", "message": self.error}
        entry = {"name": "slipway", "loadStatus": "LOADED"}
        entry["locationOrLoadError"] = broken if self.error else loaded
        return {"__typename": "Workspace", "locationEntries": [entry]}


def _evaluation(found: tuple[bool, str], severity: str) -> dict[str, Any]:
    passed, sentence = found
    evaluation = {
        "checkName": "a_check",
        "success": passed,
        "severity": severity,
        "description": sentence,
    }
    return {
        "__typename": "AssetCheckEvaluationEvent",
        "stepKey": "a_step",
        "evaluation": evaluation,
    }


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fake: FakeDagster = self.server.fake  # type: ignore[attr-defined]
        body = json.dumps({"data": fake.answer(asked["query"], asked["variables"])}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return
