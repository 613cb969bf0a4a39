"""When a candidate is released by itself: once all that spoke against it is over.

A pipeline releases at once what may be released at once. What has to wait, for a freeze to end,
for time in an earlier environment or for a person's approval there, is looked for again and again.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import dagster as dg

from gitops.errors import GitopsError
from gitops.forge import Forge
from platform_assets.errors import GateError, NotMaterialized, SlipwayError
from platform_assets.folder import Job, ModelFolder
from platform_assets.lineage import latest
from platform_assets.release.candidates import Candidate, candidates
from platform_assets.release.proof import recorded
from platform_assets.release.release import Desk, Judged, judged, objection
from platform_assets.release.stages import Stage
from platform_assets.run_tags import BUNDLE_TAG, REASON_TAG, unfinished_runs
from resources.artifacts import Artifacts
from resources.checkout import Checkout
from resources.errors import ResourceError

LOOK_SECONDS = 30
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0


@dataclass(frozen=True)
class Look:
    """One environment that the candidate is not released to; without `objection` it may be."""

    asset: str
    digest: str
    objection: str


@dataclass(frozen=True)
class Tried:
    """The last release that was asked for, and how often; `at` in Unix seconds."""

    asset: str = ""
    digest: str = ""
    times: int = 0
    at: float = 0.0

    @classmethod
    def parse(cls, cursor: str | None) -> "Tried":
        return cls(**json.loads(cursor)) if cursor else cls()

    def text(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Decision:
    """The asset to materialize now, empty for none; the sentence for the UI; what to remember."""

    asset: str
    reason: str
    tried: Tried


def decide(looks: Sequence[Look], tried: Tried, unfinished: int, now: float) -> Decision:
    """Ask for the first release that nothing speaks against; for the same one with pauses.

    The pause doubles from a minute to an hour, and is forgotten once something speaks against it.
    """
    if unfinished:
        return Decision("", f"{unfinished} runs of this model are under way", tried)
    due = next((look for look in looks if not look.objection), None)
    if due is None:
        reasons = "; ".join(f"{look.asset} waits: {look.objection}" for look in looks)
        return Decision("", reasons or "the candidate is released everywhere", Tried())
    times = tried.times if (tried.asset, tried.digest) == (due.asset, due.digest) else 0
    left = (
        tried.at + min(FIRST_PAUSE * 2 ** min(times - 1, 32), LONGEST_PAUSE) - now if times else 0.0
    )
    if left > 0:
        return Decision("", f"{due.asset} was tried {times} times, again in {left:.0f} s", tried)
    asked = Tried(due.asset, due.digest, times + 1, now)
    return Decision(due.asset, f"nothing speaks against {due.asset} any more", asked)


def looks(desk: Desk, folder: ModelFolder, stages: Sequence[Stage]) -> Iterator[Look]:
    """The environments that the waiting candidate is not released to, the earliest first.

    That is the newest one that has passed; the newest of all, with what it failed, if none has. It
    is judged once for all environments, and not at all once the newest is released to each of them.
    NotMaterialized if there is no candidate yet.
    """
    newest = latest(desk.instance, folder.key("registry_entry"))["bundle_digest"]
    released = [_released(desk.instance, folder.key(stage.release)) for stage in stages]
    if all(digest == newest for digest in released):
        return
    candidate, passed, failure = _waiting(desk, folder)
    for stage, digest in zip(stages, released, strict=True):
        if digest != candidate.digest:
            against = objection(desk, folder, stage, passed) if passed else failure
            yield Look(stage.release, candidate.digest, against)


def _waiting(desk: Desk, folder: ModelFolder) -> tuple[Candidate, Judged | None, str]:
    failed: list[tuple[Candidate, Judged | None, str]] = []
    of_checks = recorded(desk.instance, folder)
    for candidate in candidates(desk.instance, folder):
        try:
            return candidate, judged(desk, folder, candidate, of_checks), ""
        except GateError as error:
            failed.append((candidate, None, str(error)))
        except (SlipwayError, ResourceError, GitopsError) as error:
            return candidate, None, str(error)
    return failed[0]


def _released(instance: dg.DagsterInstance, key: dg.AssetKey) -> str:
    try:
        found: str = latest(instance, key)["bundle_digest"]
    except NotMaterialized:
        return ""
    return found


def releases_job(folder: ModelFolder, stages: Sequence[Stage]) -> Job:
    """The candidate, brought into one environment; each run takes one of the assets."""
    return folder.job(
        "release", "bring the candidate into an environment.", *(stage.release for stage in stages)
    )


def releases_sensor(folder: ModelFolder, job: Job, stages: Sequence[Stage]) -> dg.SensorDefinition:
    @folder.sensor(
        "releases",
        f"Releases {folder.name} once freezes, waits and approvals let it.",
        job,
        seconds=LOOK_SECONDS,
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        forge: dg.ResourceParam[Forge],
        artifacts: dg.ResourceParam[Artifacts],
        checkout: dg.ResourceParam[Checkout],
    ) -> dg.SensorResult | dg.SkipReason:
        desk = Desk(context.instance, forge, artifacts, checkout)
        unfinished = unfinished_runs(context.instance, folder.name)
        try:
            found = [] if unfinished else list(looks(desk, folder, stages))
        except NotMaterialized as error:
            return dg.SkipReason(str(error))
        decision = decide(found, Tried.parse(context.cursor), unfinished, time.time())
        cursor = decision.tried.text()
        if not decision.asset:
            return dg.SensorResult(skip_reason=decision.reason, cursor=cursor)
        request = dg.RunRequest(
            tags={REASON_TAG: decision.reason, BUNDLE_TAG: decision.tried.digest},
            asset_selection=[folder.key(decision.asset)],
        )
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return sensor
