"""When the files of the prediction log are taken in.

These runs are no runs of the model: they hold up no deployment, and none holds them up.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from platform_assets.folder import Job, ModelFolder
from platform_assets.run_tags import PREDICTIONS_TAG, REASON_TAG, failed_at, unfinished_runs
from platform_assets.watch.log_files import LogFile, waiting
from resources.settings import Settings

LOOK_SECONDS = 30
OLDEST_SECONDS = 60.0
MANY_FILES = 200
PAUSE_SECONDS = 300.0


@dataclass(frozen=True)
class Due:
    """Whether a run is asked for now, and the sentence for the UI."""

    now: bool
    reason: str


def decide(
    files: Sequence[LogFile],
    now: float,
    unfinished: int,
    failed: float | None = None,
    oldest: float = OLDEST_SECONDS,
) -> Due:
    """Take in once a file has waited for `oldest` s, or MANY_FILES wait; `now` as `written`.

    `failed` is when the newest run began, if it failed: the next one begins PAUSE_SECONDS later.
    """
    if not files:
        return Due(False, "no file of the prediction log waits")
    age = now - min(one.written for one in files)
    size = sum(one.size for one in files)
    told = f"{len(files):,} files of the prediction log wait, {size:,} bytes, for {age:.0f} s"
    if unfinished:
        return Due(False, f"{told}; a run that takes them in is under way")
    if failed is not None and now - failed < PAUSE_SECONDS:
        return Due(False, f"{told}; the last run failed, the next is {PAUSE_SECONDS:.0f} s later")
    due = age >= oldest or len(files) >= MANY_FILES
    return Due(due, told if due else f"{told}; taken in after {oldest:.0f} s")


def longest_wait(folder: ModelFolder) -> float:
    """How many seconds a file may wait: a part of a window, so that its end is not missed long."""
    return min(OLDEST_SECONDS, 60 * folder.spec.monitoring.window_minutes / 4)


def predictions_job(folder: ModelFolder) -> Job:
    """The files of the prediction log, taken in."""
    return folder.job(
        "predictions", "take in what the endpoints have logged.", "predictions", tag=PREDICTIONS_TAG
    )


def predictions_sensor(folder: ModelFolder, job: Job) -> dg.SensorDefinition:
    @folder.sensor(
        "prediction_log",
        f"Takes in what the endpoints of {folder.name} have logged.",
        job,
        seconds=LOOK_SECONDS,
    )
    def sensor(
        context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
    ) -> dg.RunRequest | dg.SkipReason:
        unfinished = unfinished_runs(context.instance, folder.name, PREDICTIONS_TAG)
        failed = failed_at(context.instance, folder.name, PREDICTIONS_TAG)
        files = waiting(settings.predictions, folder.name)
        due = decide(files, time.time(), unfinished, failed, longest_wait(folder))
        if not due.now:
            return dg.SkipReason(due.reason)
        return dg.RunRequest(tags={REASON_TAG: due.reason})

    return sensor
