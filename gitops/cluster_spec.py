"""The cluster that KubeRay makes for a model: what of the manifest only Kubernetes reads."""

import math
from typing import Any

RAY_VERSION = "2.60.0"
MEMORY = "4Gi"
ACCESS = "slipway-serving"
PORTS = {"gcs-server": 6379, "dashboard": 8265, "client": 10001, "metrics": 8080, "serve": 8000}


def first_cluster(image: str, annotations: dict[str, str]) -> dict[str, Any]:
    """As manifests of the first form have it: a head alone, without ports or resources."""
    template = {
        "metadata": {"annotations": annotations},
        "spec": {"containers": [{"name": "ray-head", "image": image}]},
    }
    return {
        "rayVersion": RAY_VERSION,
        "headGroupSpec": {"rayStartParams": {}, "template": template},
    }


def cluster(image: str, annotations: dict[str, str], replicas: int, cpus: float) -> dict[str, Any]:
    """A head that runs no replica, and one worker for each of the `replicas` of `cpus` cores.

    `annotations` stand on every pod: KubeRay prepares a new cluster only when the cluster's own
    specification changes. KubeRay itself makes the secret with Ray's token and adds the probes;
    what opens bundles comes from a secret that an operator makes.
    """
    head = _template("ray-head", image, annotations, 1, PORTS)
    ports = {name: PORTS[name] for name in ("metrics", "serve")}
    worker = _template("ray-worker", image, annotations, max(1, math.ceil(cpus)), ports)
    return {
        "rayVersion": RAY_VERSION,
        "authOptions": {"mode": "token"},
        "headGroupSpec": {"rayStartParams": {"num-cpus": "0"}, "template": head},
        "workerGroupSpecs": [
            {
                "groupName": "replicas",
                "replicas": replicas,
                "minReplicas": replicas,
                "maxReplicas": replicas,
                "rayStartParams": {},
                "template": worker,
            }
        ],
    }


def _template(
    name: str, image: str, annotations: dict[str, str], cores: int, ports: dict[str, int]
) -> dict[str, Any]:
    share = {"cpu": str(cores), "memory": MEMORY}
    container = {
        "name": name,
        "image": image,
        "ports": [{"name": key, "containerPort": port} for key, port in ports.items()],
        "envFrom": [{"secretRef": {"name": ACCESS, "optional": True}}],
        "resources": {"limits": dict(share), "requests": dict(share)},
        "securityContext": {"allowPrivilegeEscalation": False},
    }
    return {"metadata": {"annotations": dict(annotations)}, "spec": {"containers": [container]}}
