"""The load an endpoint must bear and what it must keep meanwhile, as the manifest states it."""

import json
import math
from dataclasses import asdict, dataclass, fields

from gitops.errors import ManifestInvalid

ANNOTATION = "slipway.dev/latency-budget"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class LatencyBudget:
    """`rate` in requests per second for `seconds`; percentiles in milliseconds.

    `error_rate` is the share of requests, 0 to 1, that may fail.
    """

    rate: float = 50.0
    seconds: float = 5.0
    p50_ms: float = 25.0
    p95_ms: float = 75.0
    p99_ms: float = 150.0
    error_rate: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not _is_number(value) or value < 0 or (value == 0 and field.name != "error_rate"):
                raise ManifestInvalid("manifest", field.name, value, "a number above 0")
            object.__setattr__(self, field.name, float(value))
        if self.error_rate >= 1:
            raise ManifestInvalid("manifest", "error_rate", self.error_rate, "a share below 1")

    def to_text(self) -> str:
        """Canonical JSON: the same budget always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


DEFAULT_BUDGET = LatencyBudget()


def budget_from_text(text: str) -> LatencyBudget:
    """The inverse of `LatencyBudget.to_text`; ManifestInvalid on anything else."""
    expected = f"JSON with {', '.join(field.name for field in fields(LatencyBudget))}"
    try:
        stated = json.loads(text)
    except ValueError:
        raise ManifestInvalid("manifest", ANNOTATION, text, expected) from None
    if not isinstance(stated, dict) or set(stated) != {f.name for f in fields(LatencyBudget)}:
        raise ManifestInvalid("manifest", ANNOTATION, text, expected)
    return LatencyBudget(**stated)
