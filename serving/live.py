"""A version that can answer: a bundle, the scorer loaded from it, and what people call it."""

from dataclasses import dataclass

from serving.bundle import Bundle
from serving.scorer import Scorer


@dataclass(frozen=True)
class Live:
    """What answers. `since` is when this digest began to, UTC, ISO 8601.

    Each of its answers waits `delay` seconds, a fault injected for drills.
    """

    bundle: Bundle
    scorer: Scorer
    version: str
    since: str
    delay: float

    @property
    def digest(self) -> str:
        return self.bundle.digest
