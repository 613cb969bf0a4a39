"""A candidate beside the live version: it answers a share of the keys, and is compared on all.

A caller is never worse off for meeting the candidate: what it cannot answer, the stable version
answers, and the candidate is charged with an error.
"""

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from serving.asgi import Answer, Asked
from serving.errors import Overloaded, RequestError
from serving.figures import Arm, Pairs
from serving.live import Live
from serving.shadow import Shadow
from serving.signature import Array

_WHOLE = 2**64

Ask = Callable[[Live], Awaitable[Answer]]
Score = Callable[[Live], Array]

logger = logging.getLogger(__name__)


class Canary:
    """One step of a rollout, with figures of its own.

    `weight` is the share of keys that `candidate` answers, `shadow` the share of requests that
    both score. The same key meets the same version for as long as the candidate is the same and
    the weight does not fall.
    """

    def __init__(self, stable: Live, candidate: Live, weight: float, shadow: float) -> None:
        self.stable, self.candidate = stable, candidate
        self.weight, self.shadow = weight, shadow
        self._salt = candidate.digest.removeprefix("sha256:")[:16].encode()
        self._arms = {stable.digest: Arm(), candidate.digest: Arm()}
        self._pairs = Pairs()
        self._behind = Shadow()

    def is_of(self, stable: Live, candidate: Live, weight: float, shadow: float) -> bool:
        """Whether it is this step already."""
        mine = (self.stable, self.candidate, self.weight, self.shadow)
        return mine == (stable, candidate, weight, shadow)

    @property
    def runs_on_onnx(self) -> bool:
        """Whether either of the two answers a few rows in a turn of the event loop."""
        return all(one.bundle.runtime == "onnx" for one in (self.stable, self.candidate))

    def named(self, version: str) -> Live | None:
        """The one of the two that is called so."""
        return next((one for one in (self.stable, self.candidate) if one.version == version), None)

    def chosen(self, key: str) -> Live:
        """Who answers a key."""
        return self.candidate if self._in_share(key, b"weight", self.weight) else self.stable

    async def answer(self, first: Live, asked: Asked, ask: Ask, score: Score) -> Answer:
        """Let `first` answer, and the stable version if that is the candidate and it cannot.

        `ask` lets a version answer, `score` gives its scores in a thread. Whatever the stable
        version raises is raised, and Overloaded by either.
        """
        begun, by = time.perf_counter_ns(), first
        try:
            answer = await ask(first)
        except Overloaded:
            # Neither version is charged with what comes on top of both.
            raise
        except Exception as error:
            spent = time.perf_counter_ns() - begun
            if first is self.stable:
                self._arms[first.digest].count(spent, failed=not isinstance(error, RequestError))
                raise
            answer, by = await ask(self.stable), self.stable
            self._arms[first.digest].count(spent, failed=True)
            logger.warning("the candidate %s could not answer: %s", first.version, error)
        else:
            self._arms[first.digest].count(time.perf_counter_ns() - begun)
        scores = answer.scores
        compared = by is first and self._in_share(asked.id, b"shadow", self.shadow)
        if scores is None or not compared:
            return answer._replace(by=by)
        task, held = partial(self._compare, by, scores, score), len(asked.body) + scores.nbytes
        return answer._replace(by=by, then=partial(self._behind.offer, task, held))

    def told(self) -> dict[str, Any]:
        """What `/v2/health/ready` says of the candidate."""
        return {
            "digest": self.candidate.digest,
            "version": self.candidate.version,
            "since": self.candidate.since,
            "weight": self.weight,
            "shadow": self.shadow,
            "stable": self._arms[self.stable.digest].told(),
            "candidate": self._arms[self.candidate.digest].told(),
            "pairs": {
                **self._pairs.told(),
                "dropped": self._behind.dropped,
                "waiting": self._behind.waiting,
            },
        }

    def close(self) -> None:
        self._behind.close()

    def _in_share(self, key: str, what: bytes, share: float) -> bool:
        digest = hashlib.blake2b(key.encode(), digest_size=8, salt=self._salt, person=what).digest()
        return int.from_bytes(digest, "big") < share * _WHOLE

    def _compare(self, by: Live, scores: Array, score: Score) -> None:
        stable, candidate = self.stable, self.candidate
        try:
            other = score(candidate if by is stable else stable)
        except Exception:
            # Whatever it raises, of rows that the other one has answered.
            if by is candidate:
                raise
            self._pairs.fail()
            return
        was, new = (scores, other) if by is stable else (other, scores)
        self._pairs.shadowed += by is stable
        self._pairs.compare(stable.bundle, candidate.bundle, was, new)
