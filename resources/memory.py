"""What the replicas of an endpoint hold in memory, as each tells it of itself."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from gitops.conditions import Verdict
from gitops.readiness import ASKS_PER_REPLICA

METRICS = "/metrics"
MEMORY = "memory"
_FAMILY = "slipway_memory_bytes"
_MEGABYTE = 1 << 20


def memory_of_replicas(client: httpx.Client, replicas: int) -> dict[str, float]:
    """Resident bytes by replica, of those that could be reached; each ask may meet another one."""
    found: dict[str, float] = {}
    for _ in range(1 if replicas == 1 else ASKS_PER_REPLICA * replicas):
        try:
            answer = client.get(METRICS, headers={"Connection": "close"})
            families = list(text_string_to_metric_families(answer.text))
        except (httpx.HTTPError, ValueError):
            continue
        samples = (one for family in families for one in family.samples if one.name == _FAMILY)
        found |= {one.labels.get("replica", ""): float(one.value) for one in samples}
    return found


def memory_verdict(memory: dict[str, float]) -> Verdict:
    """What the largest replica holds; nothing says how much it may."""
    largest = max(memory.values()) / _MEGABYTE
    message = f"of {len(memory)} replicas that were asked"
    return Verdict(MEMORY, True, "largest resident memory", round(largest, 1), None, "MiB", message)
