"""Whether a judgement that did not pass starts a larger search. Pure.

What was judged and what was begun are read from the record each time, so a restart repeats
nothing: an attempt that was begun counts, whatever became of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_assets.spec import Retry


@dataclass(frozen=True)
class Judged:
    """The newest judgement, as its asset told of it.

    `base` names rows and code: the key of the candidate of attempt 0. `trials` is how many trials
    the candidate's search came to; `tried` says in words what all attempts came to.
    """

    outcome: str
    base: str
    attempt: int
    trials: int
    not_passed: str
    tried: str

    @classmethod
    def of(cls, candidate: Mapping[str, Any], report: Mapping[str, Any]) -> "Judged | None":
        """From both assets' metadata; None while the newest candidate is not judged yet."""
        key = report.get("candidate_key")
        if key is None or candidate.get("candidate_key") != key or "search_base" not in candidate:
            return None
        return cls(
            outcome=report["outcome"],
            base=candidate["search_base"],
            attempt=candidate["attempt"],
            trials=candidate["search_trials"],
            not_passed=report["not_passed"],
            tried=report["tried"],
        )


@dataclass(frozen=True)
class Again:
    """Start the search of `attempt`."""

    attempt: int
    run_key: str
    reason: str


@dataclass(frozen=True)
class Enough:
    """Start nothing, for the reason told."""

    reason: str


def decide_retry(
    judged: Judged | None, begun: int, planned: int, retry: Retry, unfinished: int
) -> Again | Enough:
    """Start the next attempt, or say why not.

    `begun` is the last attempt that a run was started for on the same rows and code, `planned`
    how many different trials the next one would have, `unfinished` how many runs of the model are
    under way.
    """
    if judged is None:
        return Enough("the newest candidate is not judged yet")
    if judged.outcome == "pass":
        return Enough("the newest candidate passed every gate")
    what = f"{judged.not_passed}: {judged.outcome}"
    done = max(judged.attempt, begun)
    if done >= retry.attempts:
        return Enough(_ended(judged, begun, what, retry))
    if unfinished:
        return Enough(f"{what}; {unfinished} runs of this model are under way")
    if planned <= judged.trials:
        return Enough(
            f"{what}; {judged.trials} trials were all that search.space has, so a larger search "
            "would find the same; widen search.space, or deliver more"
        )
    return Again(
        attempt=done + 1,
        run_key=f"{judged.base[:16]}-attempt-{done + 1}",
        reason=f"{what}; larger search {done + 1} of {retry.attempts}: {planned} trials",
    )


def _ended(judged: Judged, begun: int, what: str, retry: Retry) -> str:
    if not retry.attempts:
        return f"{what}; retry.attempts is 0"
    if begun > judged.attempt:
        return f"{what}; larger search {begun} was started and ended without a judgement"
    return f"{what}; no search is left (retry.attempts is {retry.attempts}): tried {judged.tried}"
