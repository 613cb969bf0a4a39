"""A model whose live version is observed, on an instance of its own, and the ticks of its sensors.

Rows and runs are only told of, as Dagster's record has them; lake and repository are real.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg

from gitops.local_forge import LocalForge
from gitops.record import DeploymentRecord
from platform_assets.automation import automation
from platform_assets.component import assets_of
from platform_assets.run_tags import MODEL_TAG
from platform_assets.watch.asking import written
from platform_assets.watch.observations import Observation, Outcome, record
from platform_assets.watch.retraining import trainings
from resources.lake import Lake
from resources.settings import Settings
from tests.support.releases import SEED, digest
from tests.support.tiny import tiny
from tests.support.watched import QUIET

UNUSED = ("registry", "artifacts", "reconciler", "checkout")
LIVE = digest("d")
DAY = timedelta(days=1)


def beyond(days_ago: int, **changes: object) -> Observation:
    """A window of a day that ended so many days ago, beyond its threshold."""
    end = datetime.now(UTC) - days_ago * DAY
    window = {"start": end - DAY, "end": end, "outcome": Outcome.BEYOND, "value": 0.5}
    return replace(QUIET, **{"digest": LIVE, **window, **changes})


class Governed:
    def __init__(self, instance, home, folder=None, notify_urls=None):
        self.instance, self.folder = instance, folder or tiny()
        self.settings = Settings(home=home, notify_urls=notify_urls)
        self.lake, self.forge = Lake(self.settings.lake), LocalForge.create(home / "git", SEED)
        self.cursor = None
        self.resources = {"settings": self.settings, "lake": self.lake, "forge": self.forge}
        everything = self.resources | dict.fromkeys(UNUSED, "not asked here")
        graph = dg.Definitions(assets=assets_of(self.folder), resources=everything)
        self.definitions = dg.Definitions.merge(graph, automation(self.folder))

    def tick(self, sensor):
        found = self.definitions.resolve_sensor_def(f"tiny_{sensor}")
        context = dg.build_sensor_context(
            self.instance, self.cursor, resources=self.resources, definitions=self.definitions
        )
        result = found.evaluate_tick(context)
        self.cursor = result.cursor
        return result

    def live(self, name=LIVE, environment="production"):
        seen = self.forge.read_record(environment, "tiny")
        self.forge.write_record(DeploymentRecord(environment, "tiny", digest=name), seen)

    def observe(self, *windows):
        record(self.lake, "tiny", windows)

    def told(self, asset, **metadata):
        event = dg.AssetMaterialization(self.folder.key(asset), metadata=metadata)
        self.instance.report_runless_asset_event(event)

    def checked(self, asset, check, *, passed, said=None):
        found = dg.AssetCheckEvaluation(
            asset_key=self.folder.key(asset), check_name=check, passed=passed, description=said
        )
        self.instance.report_runless_asset_event(found)

    def rows(self, clean, known=None):
        self.told("cleaned", **{"dagster/row_count": clean})
        if known is not None:
            self.told("training_set", cleaned_rows=known)

    def wish(self, by, why):
        key = self.folder.key("candidate_model")
        wish = dg.AssetObservation(key, description=written(by, why))
        self.instance.report_runless_asset_event(wish)

    def run(self, status=dg.DagsterRunStatus.SUCCESS, assets=None, tags=None):
        selected = frozenset(self.folder.key(name) for name in assets) if assets else None
        job = self.definitions.resolve_job_def("tiny_pipeline")
        return self.instance.create_run_for_job(
            job.get_subset(asset_selection=selected) if selected else job,
            status=status,
            asset_selection=selected,
            tags={MODEL_TAG: "tiny", **(tags or {})},
        )

    def trained(self):
        now = datetime.now(UTC)
        return list(trainings(self.instance, self.folder, now - DAY, now))
