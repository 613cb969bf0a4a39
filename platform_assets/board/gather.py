"""What the board asks its sources for; nothing here changes anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import httpx
import pyarrow.compute as pc

from gitops.evidence import Evidence
from gitops.forge import Forge
from gitops.history import Change, history
from gitops.policy import Policy, load_policy
from gitops.runtime import Runtime
from platform_assets.board.series import COLUMNS, SPAN, Traffic, traffic
from platform_assets.board.steps import Step, next_step
from platform_assets.cli.dagster_api import UNFINISHED, AssetState, DagsterApi, Run
from platform_assets.cli.evidence import usable_evidence
from platform_assets.cli.overview import Overview, Place
from platform_assets.errors import SlipwayError
from platform_assets.run_tags import MODEL_TAG
from platform_assets.watch import landing_log
from platform_assets.watch.log_rows import ENVIRONMENT, TIME
from platform_assets.watch.observations import Observation, observed
from resources.lake import Lake
from resources.settings import Settings

Folders = Callable[[], list[str]]
Key = tuple[str, str]
CHANGES = 24
RELEASES = 12
OBSERVED = timedelta(days=14)
ASK_SECONDS = 5.0


class SourceDown(SlipwayError):
    """A service that the board asks does not answer as it should."""

    def __init__(self, what: str, url: str, why: object) -> None:
        super().__init__(f"{what} at {url} does not answer: {why}; look: slipway status")


@dataclass(frozen=True)
class Declared:
    """One model in one environment, as git, its record and the endpoint tell it.

    `released` is the evidence of what was live, oldest first, up to what is live now.
    """

    place: Place
    step: Step
    live: Change | None
    released: tuple[Evidence, ...]


class Git:
    """What git says; evidence of a revision never changes, so it is read once.

    Nor does the history of a place as long as its last commit and its record are the same.
    """

    def __init__(self, forge: Forge, runtime: Runtime, folders: Folders) -> None:
        self._forge, self._runtime, self._folders = forge, runtime, folders
        self._evidence = lru_cache(maxsize=1024)(self._read)
        self._known: dict[Key, tuple[Place, list[Change]]] = {}

    def __call__(self) -> dict[Key, Declared]:
        """By model and environment, models by name, environments as the policy orders."""
        policy = load_policy(self._forge, self._forge.head())
        places = Overview(self._forge, self._runtime, self._folders()).places()
        return {(one.model, one.environment): self._declared(one, policy) for one in places}

    def _declared(self, place: Place, policy: Policy) -> Declared:
        chosen = policy.environment(place.environment).approvers
        changes = self._changes(place)
        lived = [one for one in changes if one.live_from is not None and one.digest]
        found = [
            self._evidence(place.environment, place.model, one.revision)
            for one in reversed(lived[:RELEASES])
        ]
        return Declared(
            place,
            next_step(place, tuple(chosen.names) if chosen else ()),
            next((one for one in changes if one.fate == "live"), None),
            tuple(one for one in found if one is not None),
        )

    def _changes(self, place: Place) -> list[Change]:
        key = (place.model, place.environment)
        before, changes = self._known.get(key, (None, []))
        if before is None or (before.commit, before.record) != (place.commit, place.record):
            changes = history(self._forge, place.environment, place.model, CHANGES)
            self._known[key] = (place, changes)
        return changes

    def _read(self, environment: str, model: str, revision: str) -> Evidence | None:
        return usable_evidence(self._forge, environment, model, revision)


@dataclass(frozen=True)
class Ran:
    """What Dagster knows of all models: assets by model and name, and runs that have not ended."""

    assets: Mapping[Key, AssetState]
    runs: tuple[Run, ...]

    def asset(self, model: str, name: str) -> AssetState | None:
        return self.assets.get((model, name))

    def running(self, model: str) -> Run | None:
        """The run of a model that is under way."""
        return next((run for run in self.runs if run.tags.get(MODEL_TAG) == model), None)


def look_at_dagster(api: DagsterApi) -> Ran:
    """Checks, newest materializations and unfinished runs."""
    states = {(one.path[0], one.path[-1]): one for one in api.assets() if len(one.path) > 1}
    return Ran(states, tuple(api.runs({}, limit=50, statuses=UNFINISHED)))


def tracking_page(settings: Settings) -> str:
    """Where MLflow's UI is; a tracking server has it at its own address."""
    remote = settings.mlflow_uri.startswith(("http://", "https://"))
    return settings.mlflow_uri.rstrip("/") if remote else settings.mlflow_url


def look_at_mlflow(url: str, folders: Folders) -> dict[str, str]:
    """The number of each model's experiment; a model that was never trained has none."""
    try:
        with httpx.Client(base_url=url, timeout=ASK_SECONDS, trust_env=False) as client:
            client.get("/health").raise_for_status()
            found = {model: _experiment(client, model) for model in folders()}
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise SourceDown("MLflow", url, error) from error
    return {model: number for model, number in found.items() if number}


def _experiment(client: httpx.Client, model: str) -> str:
    answer = client.get(
        "/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": model}
    )
    if answer.status_code == httpx.codes.NOT_FOUND:
        return ""
    return str(answer.raise_for_status().json()["experiment"]["experiment_id"])


@dataclass(frozen=True)
class Logged:
    """What a model was asked, by environment, and what the monitors found, oldest first."""

    traffic: Mapping[str, Traffic]
    observed: tuple[Observation, ...]


def look_at_lake(lake: Lake, folders: Folders) -> dict[str, Logged]:
    """By model, those that were ever asked."""
    until = datetime.now(UTC)
    found = {model: _logged(lake, model, until) for model in folders()}
    return {model: one for model, one in found.items() if one is not None}


def _logged(lake: Lake, model: str, until: datetime) -> Logged | None:
    name = landing_log.table(model)
    version = lake.newest(name)
    if version is None:
        return None
    rows = lake.read(name, version, COLUMNS, [(TIME, ">", until - SPAN)])
    return Logged(
        {one: traffic(rows, one, until) for one in pc.unique(rows[ENVIRONMENT]).to_pylist()},
        tuple(observed(lake, model, until - OBSERVED)),
    )
