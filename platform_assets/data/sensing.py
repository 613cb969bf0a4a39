"""When delivered files are taken in, and whether a training follows at once."""

import time

import dagster as dg

from platform_assets.arrivals import (
    Asked,
    Request,
    Sight,
    Wait,
    by_reason,
    decide_arrivals,
    some,
)
from platform_assets.data import landing, ledger
from platform_assets.data.sources.choose import source_of
from platform_assets.folder import Job, ModelFolder
from platform_assets.run_tags import REASON_TAG, unfinished_runs
from platform_assets.spec.source import SqlSource
from resources.lake import Lake
from resources.settings import Settings

LOOK_SECONDS = 5
INTAKE = ("raw", "cleaned", "quarantine")


def landing_sensor(folder: ModelFolder, job: Job) -> dg.SensorDefinition:
    @folder.sensor(
        "landing",
        f"Starts {folder.name} when files arrive at its source.",
        job,
        seconds=LOOK_SECONDS,
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        settings: dg.ResourceParam[Settings],
        lake: dg.ResourceParam[Lake],
    ) -> dg.SensorResult | dg.SkipReason:
        sight = look(folder, settings, lake, context.instance)
        decision = decide_arrivals(
            sight, Asked.parse(context.cursor), folder.spec.source.batch_files
        )
        if isinstance(decision, Wait):
            return dg.SkipReason(decision.reason)
        return dg.SensorResult(
            run_requests=[run_request(folder, decision, first=first(folder, context.instance))],
            asset_events=[materialization(folder, sight, decision)],
            cursor=decision.asked.text(),
        )

    return sensor


def look(
    folder: ModelFolder, settings: Settings, lake: Lake, instance: dg.DagsterInstance
) -> Sight:
    """What the source holds now, and what the ledger says has become of it.

    The runs are counted first: a run that ends after that has already written the ledger.
    """
    unfinished = unfinished_runs(instance, folder.name)
    source = source_of(folder, settings)
    listing = source.listing()
    known = ledger.seen(lake, folder.name)
    return Sight(
        place=source.place,
        seen=len(listing.finished),
        waiting=ledger.pending(listing, known),
        skipped=listing.skipped,
        known=len(known),
        unfinished=unfinished,
        now=time.time(),
        unit="pull" if isinstance(folder.spec.source, SqlSource) else "file",
    )


def first(folder: ModelFolder, instance: dg.DagsterInstance) -> bool:
    """Whether the model has never learned anything, so that there is nothing to train again."""
    return instance.get_latest_materialization_event(folder.key("training_set")) is None


def run_request(folder: ModelFolder, request: Request, *, first: bool) -> dg.RunRequest:
    """All of the pipeline; its first assets alone while more files wait, or for the governor.

    The governor keeps trainings apart, so the `first` one is not for it.
    """
    at_once_trained = first or folder.spec.retraining.new_data == "each_delivery"
    intake = [folder.key(name) for name in INTAKE]
    return dg.RunRequest(
        run_key=request.run_key,
        tags={REASON_TAG: request.reason},
        asset_selection=None if request.whole and at_once_trained else intake,
    )


def materialization(folder: ModelFolder, sight: Sight, request: Request) -> dg.AssetMaterialization:
    skipped = {f"skipped: {why}": some(names) for why, names in by_reason(sight).items()}
    return dg.AssetMaterialization(
        folder.key(landing.NAME),
        metadata={
            "place": sight.place,
            "files": sight.seen,
            "waiting": len(sight.waiting),
            "asked_for": request.files,
            "first": some(one.name for one in sight.waiting[: request.files]),
            "attempt": request.asked.attempts,
            **skipped,
        },
    )
