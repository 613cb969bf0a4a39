"""What a model version was made from, read from its tags: enough to make it again, or why not."""

import json
from dataclasses import dataclass
from typing import Any

from platform_assets.errors import NotReproducible
from platform_assets.model import audit
from platform_assets.model.candidate_model import CODE
from platform_assets.model.seen import TRAINING_SET
from resources.checkout import DIRTY, UNKNOWN, is_commit
from resources.registry import Version


@dataclass(frozen=True)
class Pins:
    """The inputs of one model version.

    `search` are the key `search` of `defs.yaml` as it was, `tried` how many trials it came to;
    `lock` is the digest of `requirements.lock`, `python` a full version.
    """

    model: str
    version: str
    digest: str
    commit: str
    training_set: int
    table: str
    candidate: str
    lock: str
    python: str
    search: dict[str, Any]
    tried: int

    @property
    def name(self) -> str:
        return f"{self.model}@{self.version}"


NEEDED = (
    CODE, TRAINING_SET, audit.TABLE, audit.CANDIDATE, audit.SEARCH, audit.ENVIRONMENT,
)  # fmt: skip


def pins_of(version: Version) -> Pins:
    """NotReproducible if the version does not name everything, or was made from no commit."""
    tags, name = version.tags, f"{version.model}@{version.version}"
    missing = [tag for tag in NEEDED if not tags.get(tag)]
    if missing:
        raise NotReproducible(name, f"MLflow does not know its {', '.join(missing)}")
    code = tags[CODE]
    if not is_commit(code):
        raise NotReproducible(name, _without_commit(code))
    search, environment = json.loads(tags[audit.SEARCH]), json.loads(tags[audit.ENVIRONMENT])
    tried = search.pop("tried")
    search.pop("took_seconds")
    return Pins(
        model=version.model,
        version=version.version,
        digest=version.digest,
        commit=code,
        training_set=int(tags[TRAINING_SET]),
        table=tags[audit.TABLE],
        candidate=tags[audit.CANDIDATE],
        lock=environment["lock"],
        python=environment["python"],
        search=search,
        tried=tried,
    )


def _without_commit(code: str) -> str:
    if code == UNKNOWN:
        return "it was trained outside git, so its code cannot be found again"
    return (
        f"it was trained from files that differ from commit {code.removesuffix(DIRTY)[:12]} "
        "and are in no commit"
    )
