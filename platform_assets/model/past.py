"""Models that were registered before the candidate, and what is known of them now."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.folder import ModelFolder
from platform_assets.ml.changes import Change, changes
from platform_assets.ml.export import columns
from platform_assets.ml.metrics import metric
from platform_assets.ml.staleness import Staleness, staleness
from platform_assets.model.audit import ENVIRONMENT, PARAMETERS, RUNTIME
from platform_assets.model.candidate_model import CODE
from platform_assets.model.rows import PART, Rows
from platform_assets.model.seen import TRAINING_SET
from resources.artifacts import Artifacts
from resources.errors import LakeError
from resources.lake import Lake
from resources.registry import Registry, Version
from serving.bundle import Bundle, open_bundle
from serving.errors import ServingError
from serving.scorer import load_scorer

MOST_EARLIER = 6
Scores = npt.NDArray[np.float64]
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Past:
    """The candidate's own version, the champion's, and the newest of those before, if any."""

    candidate: Version | None = None
    champion: Version | None = None
    earlier: Sequence[Version] = ()

    @property
    def digests(self) -> list[str]:
        return [one.digest for one in self.earlier]


NO_PAST = Past()


def past_of(
    registry: Registry, artifacts: Artifacts, model: str, entry: Facts, champion: str | None
) -> Past:
    """What the registry knows; of earlier versions those whose bundle is still there."""
    found = registry.versions(model)
    by_digest = {one.digest: one for one in found}
    before = [one for one in found if int(one.version) < int(entry["model_version"])]
    kept = [one for one in before if artifacts.bundle_folder(model, one.digest).is_dir()]
    return Past(
        by_digest.get(entry["bundle_digest"]),
        by_digest.get(champion or ""),
        tuple(kept[:MOST_EARLIER]),
    )


def cost_of_age(
    folder: ModelFolder,
    lake: Lake,
    artifacts: Artifacts,
    entry: Facts,
    past: Past,
    holdout: Rows,
    candidate: Scores,
) -> Staleness:
    """Score each earlier model on the rows of the holdout that none of them learned from."""
    spec, fresh = folder.spec, np.ones(len(holdout.target), dtype=bool)
    left_out, bundles, days = {}, {}, {}
    learned = cache(partial(_learned, folder, lake))
    ours = learned(int(entry["training_set_version"]))
    for one in past.earlier:
        try:
            theirs = learned(int(one.tags[TRAINING_SET]))
            bundles[one.version] = _opened(folder, artifacts, one, holdout)
        except (LakeError, ServingError, KeyError, ValueError) as error:
            left_out[one.version] = str(error).splitlines()[0][:200]
            continue
        fresh &= ~_seen(folder, holdout.frame, theirs)
        days[one.version] = _days(folder, ours, theirs)
    told = {
        version: _score(folder, bundle, holdout.frame[fresh])
        for version, bundle in bundles.items()
        if fresh.any()
    }
    main = metric(spec.task, spec.metric)
    return staleness(
        main, holdout.target[fresh], candidate[fresh], told, days, left_out, seed=spec.split.seed
    )


def changed(folder: ModelFolder, lake: Lake, artifacts: Artifacts, past: Past) -> list[Change]:
    """What differs between the champion and the candidate; empty without one."""
    if past.champion is None or past.candidate is None:
        return []
    before, after = (_told(folder, lake, artifacts, one) for one in (past.champion, past.candidate))
    return changes(before, after)


def _told(folder: ModelFolder, lake: Lake, artifacts: Artifacts, one: Version) -> dict[str, str]:
    """What went into a version, by name: its tags, its rows and its bundle's columns."""
    given = {"version": one.version, "runtime": one.tags.get(RUNTIME, "-")}
    given |= {"code": one.tags.get(CODE, "-"), "training set": one.tags.get(TRAINING_SET, "-")}
    given |= {name: str(value) for name, value in _json(one.tags.get(PARAMETERS)).items()}
    given |= {name: str(value)[:12] for name, value in _json(one.tags.get(ENVIRONMENT)).items()}
    try:
        bundle = open_bundle(artifacts.bundle_folder(folder.name, one.digest), one.digest)
        given["features"] = ", ".join(bundle.signature.names)
        parts = lake.read(f"{folder.name}/training_set", int(one.tags[TRAINING_SET]), [PART])
    except (LakeError, ServingError, KeyError):
        return given
    counted = parts.column(0).to_pandas().value_counts()
    return given | {f"rows: {part}": f"{rows:,}" for part, rows in sorted(counted.items())}


def _json(text: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text or "{}")
    return found


def _learned(folder: ModelFolder, lake: Lake, version: int) -> pd.DataFrame:
    """What names the rows that a version of the training set held to learn from."""
    spec = folder.spec
    named = [spec.id] if spec.id else [*spec.features, spec.target]
    wanted = list(dict.fromkeys([*named, *([spec.time] if spec.time else [])]))
    where = [(PART, "=", "train")]
    rows: pd.DataFrame = lake.read(
        f"{folder.name}/training_set", version, wanted, where
    ).to_pandas()
    return rows


def _seen(folder: ModelFolder, frame: pd.DataFrame, learned: pd.DataFrame) -> Any:
    """Which rows of `frame` are among those learned, as a mask."""
    spec = folder.spec
    if spec.time and learned[spec.time].max() < frame[spec.time].min():
        return np.zeros(len(frame), dtype=bool)
    if spec.id:
        return frame[spec.id].isin(learned[spec.id]).to_numpy()
    named = [*spec.features, spec.target]
    ours, theirs = (pd.util.hash_pandas_object(one[named], index=False) for one in (frame, learned))
    return ours.isin(theirs).to_numpy()


def _score(folder: ModelFolder, bundle: Bundle, rows: pd.DataFrame) -> Scores:
    scorer = load_scorer(bundle, tuple(folder.spec.serving.trusted_types))
    return scorer.score(columns(rows, bundle.signature))


def _days(folder: ModelFolder, ours: pd.DataFrame, theirs: pd.DataFrame) -> float | None:
    time = folder.spec.time
    if time is None:
        return None
    return float((ours[time].max() - theirs[time].max()) / pd.Timedelta(days=1))


def _opened(folder: ModelFolder, artifacts: Artifacts, one: Version, holdout: Rows) -> Bundle:
    """ValueError if the rows of today do not have what the model asks for."""
    bundle = open_bundle(artifacts.bundle_folder(folder.name, one.digest), one.digest)
    lacking = sorted(set(bundle.signature.names) - set(holdout.frame.columns))
    if lacking:
        raise ValueError(f"it asks for {lacking[0]!r}, which the rows of today do not have")
    if bundle.signature.task != folder.spec.task:
        raise ValueError(f"its task was {bundle.signature.task}")
    return bundle
