"""When what is live is judged: once a window is over, and when new rows may have brought labels.

These runs are no runs of the model: they hold up no deployment, and none holds them up.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from platform_assets.folder import Job, ModelFolder
from platform_assets.run_tags import MONITORING_TAG, REASON_TAG, failed_at, unfinished_runs
from platform_assets.watch.landing_log import table
from platform_assets.watch.log_files import waiting_since
from platform_assets.watch.windows import closed_until
from resources.lake import Lake
from resources.settings import Settings

LOOK_SECONDS = 30
PAUSE_SECONDS = 600


@dataclass(frozen=True)
class Seen:
    """The end of the newest closed window, the version of `cleaned` (-1: none), and when it was so.

    Times are in s since 1970. As a cursor it says what a run was last asked for.
    """

    end: int
    cleaned: int
    at: int = 0

    @classmethod
    def parse(cls, cursor: str | None) -> "Seen | None":
        """From a cursor; None before the first run."""
        if not cursor:
            return None
        return cls(*map(int, cursor.split("/")))

    @property
    def cursor(self) -> str:
        return f"{self.end}/{self.cleaned}/{self.at}"


def reason(
    logged: bool, now: Seen, before: Seen | None, unfinished: int, failed: float | None = None
) -> str | None:
    """Why a run is asked for now; None if there is nothing new to judge, or one is under way.

    However many deliveries come, they are looked at for labels once in PAUSE_SECONDS. `failed` is
    when the newest run began, in s since 1970, if it failed; it is tried again after as long.
    """
    if not logged or unfinished:
        return None
    if before is None or now.end > before.end:
        end = datetime.fromtimestamp(now.end, UTC)
        return f"the window to {end:%Y-%m-%d %H:%M} UTC is over"
    if failed is not None and now.at - failed >= PAUSE_SECONDS:
        return "the last run failed"
    rested = now.at - before.at >= PAUSE_SECONDS
    return "new rows may have brought labels" if now.cleaned > before.cleaned and rested else None


def monitoring_job(folder: ModelFolder) -> Job:
    """What is live, judged."""
    return folder.job(
        "monitoring",
        "judge what is live by what callers asked and got.",
        "monitoring",
        tag=MONITORING_TAG,
    )


def monitoring_sensor(folder: ModelFolder, job: Job) -> dg.SensorDefinition:
    @folder.sensor(
        "windows",
        f"Judges what is live of {folder.name} when a window is over or labels came.",
        job,
        seconds=LOOK_SECONDS,
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
    ) -> dg.SensorResult | dg.SkipReason:
        waiting = waiting_since(settings.predictions, folder.name)
        now = seen(lake, folder, time.time(), waiting)
        why = reason(
            lake.exists(table(folder.name)),
            now,
            Seen.parse(context.cursor),
            unfinished_runs(context.instance, folder.name, MONITORING_TAG),
            failed_at(context.instance, folder.name, MONITORING_TAG),
        )
        if why is None:
            return dg.SkipReason(
                "no window is over that was not judged; new rows are looked at for labels "
                f"every {PAUSE_SECONDS} s"
            )
        return dg.SensorResult(
            run_requests=[dg.RunRequest(tags={REASON_TAG: why})], cursor=now.cursor
        )

    return sensor


def seen(lake: Lake, folder: ModelFolder, now: float, waiting: datetime | None = None) -> Seen:
    """What could be judged at a time in s since 1970; without an id no row brings a label.

    `waiting` is since when rows of the log wait to land, None if none do.
    """
    length = timedelta(minutes=folder.spec.monitoring.window_minutes)
    end = closed_until(datetime.fromtimestamp(now, UTC), length, waiting)
    cleaned = lake.newest(f"{folder.name}/cleaned") if folder.spec.id else None
    return Seen(int(end.timestamp()), -1 if cleaned is None else cleaned, int(now))
