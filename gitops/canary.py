"""How a candidate takes over from what is live, as the manifest states it."""

import json
import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from gitops.errors import ManifestInvalid

ANNOTATION = "slipway.dev/canary"
MOST_STEPS = 6
_SHARES = ("shadow", "errors", "disagreement")


@dataclass(frozen=True)
class CanaryPolicy:
    """`steps` are the percentages of keys that the candidate answers before it answers all.

    A step lasts `interval` seconds at least, and until both versions are known by `samples`
    requests; what is not answered by traffic is made up by replaying rows. A step that says
    neither yes nor no for `timeout` seconds is taken back. `shadow` is the share of requests that
    both score. The candidate may fail `errors` more of its requests than the stable version, its
    p95 may be `slowdown` times as long, its scores may lie `shift` standard deviations off, and
    `disagreement` of the rows may be decided otherwise.
    """

    steps: tuple[int, ...] = (5, 25, 50)
    interval: float = 60.0
    samples: int = 200
    timeout: float = 1800.0
    shadow: float = 1.0
    errors: float = 0.02
    slowdown: float = 2.0
    shift: float = 0.5
    disagreement: float = 0.2

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        if not _rising(self.steps):
            expected = f"1 to {MOST_STEPS} whole percentages that rise, from 1 to 99"
            raise ManifestInvalid("manifest", "canary.steps", self.steps, expected)
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if not _allowed(field.name, value):
                expected = "a share, 0 to 1" if field.name in _SHARES else "a number above 0"
                raise ManifestInvalid("manifest", f"canary.{field.name}", value, expected)
            number = int(value) if field.name == "samples" else float(value)
            object.__setattr__(self, field.name, number)
        if self.timeout < self.interval:
            expected = f"at least the interval, {self.interval:g}"
            raise ManifestInvalid("manifest", "canary.timeout", self.timeout, expected)

    def to_text(self) -> str:
        """Canonical JSON: the same policy always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


def canary_from_text(text: str) -> CanaryPolicy:
    """The inverse of `CanaryPolicy.to_text`; ManifestInvalid on anything else."""
    names = [field.name for field in fields(CanaryPolicy)]
    try:
        stated: Any = json.loads(text)
    except ValueError:
        stated = None
    if not isinstance(stated, dict) or set(stated) != set(names):
        raise ManifestInvalid("manifest", ANNOTATION, text, f"JSON with {', '.join(names)}")
    if not isinstance(stated["steps"], list):
        raise ManifestInvalid("manifest", "canary.steps", stated["steps"], "a list")
    return CanaryPolicy(**stated)


def _rising(steps: tuple[Any, ...]) -> bool:
    whole = all(type(step) is int and 0 < step < 100 for step in steps)
    return whole and 1 <= len(steps) <= MOST_STEPS and sorted(set(steps)) == list(steps)


def _allowed(name: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    if name == "samples":
        return type(value) is int and value > 0
    if name in _SHARES:
        return 0 <= value <= 1
    return value > 0
