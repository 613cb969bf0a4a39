"""Dagster's GraphQL, as much of it as the commands need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from platform_assets.cli import queries
from platform_assets.cli.errors import DagsterError, StackNotUp

_CHECKED = "blocking asset check"
UNFINISHED = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING")
ASK_SECONDS = 20.0


@dataclass(frozen=True)
class AssetState:
    """One asset: its checks by name with Dagster's word for each, and how it materialized last.

    `at` is in Unix seconds, None if it never was; `said` holds the metadata that are numbers or
    words.
    """

    path: tuple[str, ...]
    checks: Mapping[str, str]
    at: float | None
    said: Mapping[str, float | int | str]


@dataclass(frozen=True)
class Finding:
    """What a check of a run found; one that only `warns` is no failure."""

    check: str
    passed: bool
    warns: bool
    sentence: str


@dataclass(frozen=True)
class Step:
    """One step of a run; times in Unix seconds, None where not yet."""

    name: str
    status: str
    started: float | None
    ended: float | None


@dataclass(frozen=True)
class Run:
    """One run; `status` is Dagster's word for it."""

    run_id: str
    job: str
    status: str
    created: float
    started: float | None
    ended: float | None
    tags: Mapping[str, str]
    steps: tuple[Step, ...]

    @property
    def unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def root_id(self) -> str:
        """The first of the runs that were started for one another."""
        return self.tags.get("dagster/root_run_id", self.run_id)

    @property
    def will_be_retried(self) -> bool:
        """Its process died, and Dagster starts it again."""
        return self.status == "FAILURE" and self.tags.get("dagster/will_retry") == "true"


class DagsterApi:
    """A webserver at `url`; each question waits at most `timeout` seconds."""

    def __init__(self, url: str, timeout: float = ASK_SECONDS) -> None:
        self._url, self._timeout = url, timeout

    def run_url(self, run_id: str) -> str:
        return f"{self._url}/runs/{run_id}"

    def location_loaded(self) -> bool:
        """Has the webserver finished loading, with or without an error?"""
        entries = self._entries()
        return bool(entries) and all(entry["loadStatus"] == "LOADED" for entry in entries)

    def reload(self) -> None:
        """Load the code anew; DagsterError, with the message, if it does not load."""
        self._expect(self._ask(queries.RELOAD)["reloadWorkspace"], "Workspace")
        errors = self.location_errors()
        if errors:
            raise DagsterError(f"Dagster cannot load the code: {'; '.join(errors.values())}")

    def location_errors(self) -> dict[str, str]:
        """Code locations that do not load, with the message."""
        found = {entry["name"]: entry["locationOrLoadError"] for entry in self._entries()}
        return {
            name: one["message"]
            for name, one in found.items()
            if one and one["__typename"] == "PythonError"
        }

    def daemon_beats_since(self, since: float) -> bool:
        """Is every required part of the daemon healthy, by a heartbeat after `since`?"""
        parts = self._ask(queries.DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
        required = [part for part in parts if part["required"]]
        return bool(required) and all(
            part["healthy"] and (part["lastHeartbeatTime"] or 0) >= since for part in required
        )

    def runs(
        self, tags: Mapping[str, str], limit: int = 25, statuses: Sequence[str] | None = None
    ) -> list[Run]:
        """The newest runs that carry these tags and have one of these statuses, newest first."""
        wanted = [{"key": key, "value": value} for key, value in tags.items()]
        asked = {"tags": wanted, "limit": limit, "statuses": statuses}
        answer = self._ask(queries.RUNS, asked)["runsOrError"]
        return [_run(one) for one in self._expect(answer, "Runs")["results"]]

    def assets(self) -> list[AssetState]:
        """Every asset; a check that did not run on the newest materialization is not among them."""
        return [_asset(node) for node in self._ask(queries.ASSETS)["assetNodes"]]

    def failure(self, run_id: str) -> str:
        """Why a run failed: what its first failed step says, or the checks that stopped it say."""
        events = self._events(run_id)
        for event in events:
            if event["__typename"] == "ExecutionStepFailureEvent" and event["error"]:
                causes = event["error"]["causes"] or [event["error"]]
                message = causes[-1]["message"].strip()
                stopped = _stopped(events, event["stepKey"], message)
                return f"{event['stepKey']}: {'; '.join(stopped) or message}"
        endings = [one["message"] for one in events if one["__typename"] == "RunFailureEvent"]
        return endings[-1] if endings else "no failure is recorded"

    def found(self, run_id: str) -> list[Finding]:
        """What each check of a run found, in order."""
        return [
            _finding(one["evaluation"])
            for one in self._events(run_id)
            if one["__typename"] == "AssetCheckEvaluationEvent"
        ]

    def launch(
        self, job: str, tags: Mapping[str, str], config: Mapping[str, Any] | None = None
    ) -> str:
        """Start a job and return the run's id; DagsterError if there is no such job."""
        params = {
            "selector": self._selector(job),
            "runConfigData": dict(config or {}),
            "executionMetadata": {
                "tags": [{"key": key, "value": value} for key, value in tags.items()]
            },
        }
        answer = self._ask(queries.LAUNCH, {"params": params})["launchRun"]
        run_id: str = self._expect(answer, "LaunchRunSuccess")["run"]["runId"]
        return run_id

    def observe(self, key: Sequence[str], description: str) -> None:
        """Record an observation of an asset, which sensors can read."""
        event = {"eventType": "ASSET_OBSERVATION", "assetKey": {"path": list(key)}}
        answer = self._ask(queries.OBSERVE, {"event": event | {"description": description}})
        self._expect(answer["reportRunlessAssetEvents"], "ReportRunlessAssetEventsSuccess")

    def _events(self, run_id: str) -> list[dict[str, Any]]:
        """All that is recorded of a run, in order; Dagster hands it out page by page."""
        events: list[dict[str, Any]] = []
        asked: dict[str, Any] = {"run": run_id}
        more = True
        while more:
            page = self._expect(self._ask(queries.EVENTS, asked)["logsForRun"], "EventConnection")
            events += page["events"]
            asked, more = asked | {"after": page["cursor"]}, page["hasMore"]
        return events

    def _selector(self, job: str) -> dict[str, str]:
        jobs: set[str] = set()
        for entry in self._entries():
            location = entry["locationOrLoadError"]
            for repository in (location or {}).get("repositories", ()):
                names = {one["name"] for one in repository["jobs"]}
                if job in names:
                    place, name = entry["name"], repository["name"]
                    return {
                        "repositoryLocationName": place,
                        "repositoryName": name,
                        "jobName": job,
                    }
                jobs |= names
        shown = sorted(name for name in jobs if not name.startswith("__"))
        errors = "; ".join(self.location_errors().values())
        raise DagsterError(f"Dagster has no job {job!r}; it has: {', '.join(shown) or errors}")

    def _entries(self) -> list[dict[str, Any]]:
        answer = self._ask(queries.LOCATIONS)["workspaceOrError"]
        entries: list[dict[str, Any]] = self._expect(answer, "Workspace")["locationEntries"]
        return entries

    def _expect(self, answer: dict[str, Any], kind: str) -> dict[str, Any]:
        if answer["__typename"] == kind:
            return answer
        messages = [answer.get("message", ""), *(e["message"] for e in answer.get("errors", ()))]
        said = "; ".join(message.strip() for message in messages if message)
        raise DagsterError(f"Dagster answered {answer['__typename']}: {said}")

    def _ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = {"query": query, "variables": variables or {}}
        try:
            # Proxies named in the environment are for the outside world.
            url = f"{self._url}/graphql"
            answer = httpx.post(url, json=body, timeout=self._timeout, trust_env=False)
            document = answer.raise_for_status().json()
        except httpx.ConnectError as error:
            raise StackNotUp(f"Dagster does not answer at {self._url}") from error
        except (httpx.HTTPError, ValueError) as error:
            raise DagsterError(f"Dagster at {self._url} does not answer: {error}") from error
        if document.get("errors"):
            raise DagsterError(f"Dagster refused a question: {document['errors'][0]['message']}")
        data: dict[str, Any] = document["data"]
        return data


def _run(one: Mapping[str, Any]) -> Run:
    return Run(
        run_id=one["runId"],
        job=one["jobName"],
        status=one["status"],
        created=one["creationTime"],
        started=one["startTime"],
        ended=one["endTime"],
        tags={tag["key"]: tag["value"] for tag in one["tags"]},
        steps=tuple(
            Step(step["stepKey"], step["status"] or "", step["startTime"], step["endTime"])
            for step in one["stepStats"]
        ),
    )


def _finding(evaluation: Mapping[str, Any]) -> Finding:
    return Finding(
        check=evaluation["checkName"],
        passed=evaluation["success"],
        warns=evaluation["severity"] == "WARN",
        sentence=evaluation["description"] or "",
    )


def _asset(node: Mapping[str, Any]) -> AssetState:
    checks = node["assetChecksOrError"].get("checks", ())
    newest = (node["assetMaterializations"] or [None])[0]
    entries = newest["metadataEntries"] if newest else ()
    values = {entry["label"]: _value(entry) for entry in entries}
    return AssetState(
        path=tuple(node["assetKey"]["path"]),
        checks={
            one["name"]: ran["status"]
            for one in checks
            if (ran := one["executionForLatestMaterialization"])
        },
        at=float(newest["timestamp"]) / 1000 if newest else None,
        said={name: value for name, value in values.items() if value is not None},
    )


def _value(entry: Mapping[str, Any]) -> float | int | str | None:
    names = ("floatValue", "intValue", "text")
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _stopped(events: Sequence[Mapping[str, Any]], step: str, message: str) -> list[str]:
    """What the checks of a step say for which Dagster stopped it; its message names them alone."""
    evaluations = [
        event["evaluation"]
        for event in events
        if event["__typename"] == "AssetCheckEvaluationEvent" and event["stepKey"] == step
    ]
    return [
        f"{one['checkName']}: {one['description'] or 'failed'}"
        for one in evaluations
        if _CHECKED in message and not one["success"] and one["checkName"] in message
    ]
