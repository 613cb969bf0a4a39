"""Statuses of a RayService as KubeRay 1.7 writes them, one for each stage of its life."""

from typing import Any

NAME = "staging-fraud"
JsonObject = dict[str, Any]


def application(status: str = "RUNNING", deployment: str = "HEALTHY", **extra: Any) -> JsonObject:
    parts = {"ModelServer": {"status": deployment, "message": extra.pop("why", "")}}
    return {NAME: {"status": status, "serveDeploymentStatuses": parts, **extra}}


def cluster(name: str, applications: JsonObject | None = None) -> JsonObject:
    found: JsonObject = {"rayClusterName": name, "rayClusterStatus": {"state": "ready"}}
    return found if applications is None else found | {"applicationStatuses": applications}


def condition(kind: str, status: str, reason: str) -> JsonObject:
    stamp = "2026-07-01T12:00:00Z"
    return {"type": kind, "status": status, "reason": reason, "lastTransitionTime": stamp}


READY = condition("Ready", "True", "NonZeroServeEndpoints")
NOT_READY = condition("Ready", "False", "ZeroServeEndpoints")
STEADY = condition("UpgradeInProgress", "False", "NoPendingCluster")
UPGRADING = condition("UpgradeInProgress", "True", "BothActivePendingClustersExist")


def service(status: JsonObject | None, generation: int = 2, **spec: Any) -> JsonObject:
    found: JsonObject = {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {"name": NAME, "generation": generation},
        "spec": spec,
    }
    return found if status is None else found | {"status": status}


def running(**changes: Any) -> JsonObject:
    """The status of a RayService that serves what it was told."""
    return {
        "observedGeneration": 2,
        "serviceStatus": "Running",
        "numServeEndpoints": 1,
        "conditions": [READY, STEADY],
        "activeServiceStatus": cluster("one", application()),
        "pendingServiceStatus": {},
    } | changes


PENDING = cluster("two", application("DEPLOYING", "UPDATING"))
TWO = {"conditions": [READY, UPGRADING]}
LATE = condition("Ready", "False", "InitializingTimeout")

STAGES: dict[str, tuple[str, JsonObject]] = {
    "running": ("Healthy", service(running())),
    "running, no pending": (
        "Healthy",
        service({k: v for k, v in running().items() if k != "pendingServiceStatus"}),
    ),
    "no status yet": ("Progressing", service({})),
    "an old generation": ("Progressing", service(running(), generation=3)),
    "a new cluster": ("Progressing", service(running(pendingServiceStatus=PENDING, **TWO))),
    "a new cluster, condition late": (
        "Progressing",
        service(running(pendingServiceStatus=cluster("two"))),
    ),
    "condition early": ("Progressing", service(running(**TWO))),
    "a new cluster fails": (
        "Degraded",
        service(running(pendingServiceStatus=cluster("two", application("DEPLOY_FAILED")), **TWO)),
    ),
    "update in place failed": (
        "Degraded",
        service(running(activeServiceStatus=cluster("one", application("DEPLOY_FAILED")))),
    ),
    "replicas fail": (
        "Degraded",
        service(running(activeServiceStatus=cluster("one", application("RUNNING", "UNHEALTHY")))),
    ),
    "updating in place": (
        "Progressing",
        service(running(activeServiceStatus=cluster("one", application("DEPLOYING", "UPDATING")))),
    ),
    "one of two waits": (
        "Progressing",
        service(
            running(
                activeServiceStatus=cluster(
                    "one", application() | {"other": {"status": "NOT_STARTED"}}
                )
            )
        ),
    ),
    "no application": ("Progressing", service(running(activeServiceStatus=cluster("one", {})))),
    "no endpoint": ("Progressing", service(running(conditions=[NOT_READY, STEADY]))),
    "never came up": (
        "Degraded",
        service(running(conditions=[LATE], activeServiceStatus={}, serviceStatus="")),
    ),
}
