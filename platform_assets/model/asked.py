"""What a run asks to be trained, and the key by which it is found once it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_assets.folder import ModelFolder
from platform_assets.identity import fingerprint
from platform_assets.model.attempts import attempt_now, enlarged
from platform_assets.model.lock import lock_digest, program_digest
from platform_assets.spec.training import LIMITS
from resources.artifacts import Artifacts
from resources.lake import Lake


@dataclass(frozen=True)
class Asked:
    """One candidate: `folder` with the search of the attempt, on the rows of a table's `version`.

    `base` is the key of the candidate of the plain search on the same rows.
    """

    folder: ModelFolder
    version: int
    attempt: int
    key: str
    base: str

    def metadata(self) -> dict[str, Any]:
        return {
            "candidate_key": self.key,
            "training_set_version": self.version,
            "search_base": self.base,
            "attempt": self.attempt,
        }


def asked_for(
    folder: ModelFolder, lake: Lake, artifacts: Artifacts, version: int, tags: Mapping[str, str]
) -> Asked:
    """The candidate that a run with these `tags` is about; see `attempt_now`."""
    keys = attempt_keys(folder, lake, version)
    attempt = attempt_now(folder, artifacts, keys, tags)
    return Asked(enlarged(folder, attempt), version, attempt, keys[attempt], keys[0])


def attempt_keys(folder: ModelFolder, lake: Lake, version: int) -> list[str]:
    """The key of the candidate of each attempt that `retry` allows, the plain search first."""
    attempts = range(folder.spec.retry.attempts + 1)
    return [candidate_key(enlarged(folder, one), lake, version) for one in attempts]


def candidate_key(folder: ModelFolder, lake: Lake, version: int) -> str:
    """Changes with the rows, the code that trains, the search and the locked libraries."""
    spec = folder.spec
    return fingerprint(
        table=lake.table_id(f"{folder.name}/training_set"),
        version=version,
        code=folder.code_version,
        search=spec.search.model_dump(mode="json", exclude={"n_jobs"}),
        training=spec.training.model_dump(mode="json", exclude=LIMITS),
        split=spec.split.model_dump(mode="json", exclude={"renew_at"}),
        metric=spec.metric,
        features=spec.features,
        libraries=lock_digest(),
        program=program_digest(),
    )
