"""How often one search was made larger on the same rows, and what came of it.

Attempt 0 is the search as `defs.yaml` asks for it. The attempt is part of a candidate's key, so
that each is trained once and found again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from platform_assets.folder import ModelFolder
from platform_assets.ml.metrics import metric
from platform_assets.ml.space import candidates
from platform_assets.model.fitted import KIND, load_facts
from platform_assets.spec import ModelSpec, Search
from resources.artifacts import Artifacts

ATTEMPT_TAG = "slipway/attempt"
RETRY_OF_TAG = "slipway/retry_of"
MOST_TRIALS = 1000


def search_of(spec: ModelSpec, attempt: int) -> Search:
    """The search of an attempt: more trials each time, within `retry.seconds`."""
    if attempt == 0:
        return spec.search
    times = spec.retry.larger**attempt
    asked = spec.search
    most = max(spec.retry.seconds, asked.seconds)
    return asked.model_copy(
        update={
            "trials": min(round(asked.trials * times), MOST_TRIALS),
            "seconds": min(asked.seconds * times, most),
        }
    )


def enlarged(folder: ModelFolder, attempt: int) -> ModelFolder:
    """The folder with the search of an attempt."""
    spec = folder.spec
    return replace(folder, spec=spec.model_copy(update={"search": search_of(spec, attempt)}))


def planned(folder: ModelFolder, attempt: int) -> int:
    """How many different trials there are for an attempt; a small space has an end."""
    spec = folder.spec
    defaults = folder.build().get_params()
    return len(candidates(defaults, search_of(spec, attempt), spec.split.seed))


def attempt_now(
    folder: ModelFolder, artifacts: Artifacts, keys: Sequence[str], tags: Mapping[str, str]
) -> int:
    """The attempt that a run is about: the largest that was made, or the one it was started for.

    `keys` are those of the candidates of each attempt that `retry` allows, `tags` those of the run.
    A run that was started for other rows or other code is about attempt 0.
    """
    asked = int(tags.get(ATTEMPT_TAG, 0)) if tags.get(RETRY_OF_TAG) == keys[0] else 0
    made = [n for n, key in enumerate(keys) if artifacts.has(KIND, folder.name, key)]
    return max([min(asked, len(keys) - 1), *made])


def tried(folder: ModelFolder, artifacts: Artifacts, keys: Sequence[str]) -> list[dict[str, Any]]:
    """What came of the attempts that were made, as plain values, the first first."""
    return [
        _attempt(folder, number, load_facts(artifacts, folder, key))
        for number, key in enumerate(keys)
        if artifacts.has(KIND, folder.name, key)
    ]


def in_words(attempts: Sequence[Mapping[str, Any]]) -> str:
    """One sentence part on what was tried, e.g. `3 trials (best 0.7121), then 12 (0.7304)`."""
    return ", then ".join(
        f"{one['trials']}{'' if number else ' trials'} ({'' if number else 'best '}"
        f"{one['validation']:.4g})"
        for number, one in enumerate(attempts)
    )


def _attempt(folder: ModelFolder, number: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    scores = [trial["score"] for trial in facts["trials"]]
    judge = metric(folder.spec.task, folder.spec.metric)
    return {
        "attempt": number,
        "trials": len(scores) + len(facts["failed_trials"]),
        "validation": scores[judge.best(scores)],
        "parameters": facts["parameters"],
        "seconds": facts["seconds"],
    }
