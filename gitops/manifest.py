"""The desired state of one model in one environment: a KubeRay RayService, strictly written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitops import yaml_text
from gitops.budget import ANNOTATION as BUDGET
from gitops.budget import DEFAULT_BUDGET, LatencyBudget, budget_from_text
from gitops.canary import ANNOTATION as CANARY
from gitops.canary import CanaryPolicy, canary_from_text
from gitops.cluster_spec import cluster, first_cluster
from gitops.errors import ManifestInvalid
from gitops.manifest_rules import application_problem, first_problem

FOLDER = "gitops/environments"
PREFIX = "slipway.dev/"
IMPORT_PATH = "serving.app:build"
DEPLOYMENT = "ModelServer"
FIRST, PRESENT = 1, 2
FORMAT = f"{PREFIX}format"
DEFAULT_IMAGE = "slipway-serving:0.1.0"


@dataclass(frozen=True)
class ReleaseManifest:
    """What one environment serves of one model.

    `bundle_uri` ends in the 64 hex digits of `bundle_digest`; `cpus` are CPU cores per replica;
    `fault_delay_ms` is a fault injected for drills; `depends_on` are models that must be healthy in
    the environment before this one is begun. `canary` says how it takes over from what is live;
    without it that is at once. `form` is that of the text: what was written in an earlier form is
    still read, and rendered as it was. ManifestInvalid names the first bad field.
    """

    model: str
    environment: str
    bundle_digest: str
    bundle_uri: str
    model_version: str
    evaluation_run: str
    data_version: str
    previous_digest: str | None
    replicas: int
    cpus: float
    max_ongoing_requests: int
    fault_delay_ms: int | None = None
    image: str = DEFAULT_IMAGE
    latency: LatencyBudget = DEFAULT_BUDGET
    depends_on: tuple[str, ...] = ()
    canary: CanaryPolicy | None = None
    form: int = PRESENT

    def __post_init__(self) -> None:
        found = first_problem(vars(self))
        if found is None and self.form != FIRST:
            found = application_problem(self.application)
        if found:
            raise ManifestInvalid("manifest", *found)
        object.__setattr__(self, "cpus", float(self.cpus))

    @property
    def path(self) -> str:
        """Where the manifest lives in the GitOps repository."""
        return manifest_path(self.environment, self.model)

    @property
    def application(self) -> str:
        """The name of the Serve application, which is also the name of the RayService."""
        return application_name(self.environment, self.model)

    @property
    def route(self) -> str:
        """The route prefix of the endpoint, e.g. `/staging/fraud`."""
        return route_prefix(self.environment, self.model)


def manifest_path(environment: str, model: str) -> str:
    return f"{FOLDER}/{environment}/{model}.yaml"


def evidence_path(environment: str, model: str) -> str:
    return f"gitops/evidence/{environment}/{model}.json"


def application_name(environment: str, model: str) -> str:
    return model if environment == "production" else f"{environment}-{model}"


def route_prefix(environment: str, model: str) -> str:
    return f"/{model}" if environment == "production" else f"/{environment}/{model}"


def serve_application(manifest: ReleaseManifest) -> dict[str, Any]:
    """The application's entry in Ray Serve's own configuration (`serveConfigV2`)."""
    return application(manifest, answering(manifest))


def answering(manifest: ReleaseManifest) -> dict[str, Any]:
    """What a replica is told to answer with."""
    told: dict[str, Any] = {
        "bundle": {
            "uri": manifest.bundle_uri,
            "digest": manifest.bundle_digest,
            "version": manifest.model_version,
        }
    }
    if manifest.fault_delay_ms is not None:
        told["fault"] = {"delay_ms": manifest.fault_delay_ms}
    return told


def application(manifest: ReleaseManifest, user_config: Mapping[str, Any]) -> dict[str, Any]:
    """The application of a manifest with a `user_config`."""
    return {
        "name": manifest.application,
        "route_prefix": manifest.route,
        "import_path": IMPORT_PATH,
        "args": {"model": manifest.model},
        "deployments": [
            {
                "name": DEPLOYMENT,
                "num_replicas": manifest.replicas,
                "max_ongoing_requests": manifest.max_ongoing_requests,
                "ray_actor_options": {"num_cpus": manifest.cpus},
                "user_config": dict(user_config),
            }
        ],
    }


def render(manifest: ReleaseManifest) -> str:
    """The one text of a manifest; the same manifest always gives the same bytes."""
    return yaml_text.dump(_document(manifest))


def parse(text: str, path: str) -> ReleaseManifest:
    """Read a manifest that `render` wrote; `path` says which model and environment it must name.

    Raises
    ------
    ManifestInvalid
        Naming the first key that is missing, unknown or holds something not allowed. Accepted
        texts are exactly the rendered ones, so `render(parse(text, path)) == text`.
    """
    try:
        document = yaml_text.load(text)
        manifest = _extract(document)
    except yaml_text.Refused as error:
        raise ManifestInvalid(path, "", str(error), "a RayService manifest in plain YAML") from None
    except (yaml_text.Misfit, ManifestInvalid) as error:
        raise ManifestInvalid(path, error.key, error.got, error.expected) from None
    if path != manifest.path:
        raise ManifestInvalid(path, "metadata.labels", manifest.path, "the path of this file")
    _compare(manifest, document, path)
    if render(manifest) != text:
        raise ManifestInvalid(path, *_first_line(render(manifest), text))
    return manifest


def _document(manifest: ReleaseManifest) -> dict[str, Any]:
    serve_config = yaml_text.dump({"applications": [serve_application(manifest)]})
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": _metadata(manifest),
        "spec": {"serveConfigV2": yaml_text.block(serve_config), **_cluster(manifest)},
    }


def _metadata(manifest: ReleaseManifest) -> dict[str, Any]:
    named = {
        "bundle-digest": manifest.bundle_digest,
        "bundle-uri": manifest.bundle_uri,
        "data-version": manifest.data_version,
        "evaluation-run": manifest.evaluation_run,
        "model-version": manifest.model_version,
        "previous-digest": manifest.previous_digest,
        "depends-on": ",".join(manifest.depends_on) or None,
    }
    annotations = {f"{PREFIX}{key}": value for key, value in named.items() if value is not None}
    if manifest.form != FIRST:
        annotations = {FORMAT: str(manifest.form), **annotations}
    annotations[BUDGET] = manifest.latency.to_text()
    if manifest.canary is not None:
        annotations[CANARY] = manifest.canary.to_text()
    return {
        "name": manifest.application,
        "labels": {
            f"{PREFIX}environment": manifest.environment,
            f"{PREFIX}model": manifest.model,
        },
        "annotations": annotations,
    }


def _cluster(manifest: ReleaseManifest) -> dict[str, Any]:
    marked = {f"{PREFIX}bundle-digest": manifest.bundle_digest}
    if manifest.form == FIRST:
        return {"rayClusterConfig": first_cluster(manifest.image, marked)}
    return {
        "upgradeStrategy": {"type": "NewCluster"},
        "rayClusterConfig": cluster(manifest.image, marked, manifest.replicas, manifest.cpus),
    }


def _extract(document: Any) -> ReleaseManifest:
    reader = yaml_text.Reader(document)
    labels, annotations = reader.at("metadata", "labels"), reader.at("metadata", "annotations")
    deployment = reader.yaml("spec", "serveConfigV2").at("applications", 0, "deployments", 0)
    fault = deployment.optional("user_config", "fault")
    pod = reader.at("spec", "rayClusterConfig", "headGroupSpec", "template", "spec")
    stated = annotations.optional(FORMAT)
    if stated not in (None, str(PRESENT)):
        raise yaml_text.Misfit(f"metadata.annotations.{FORMAT}", stated, repr(str(PRESENT)))
    return ReleaseManifest(
        model=labels.value(str, f"{PREFIX}model"),
        environment=labels.value(str, f"{PREFIX}environment"),
        bundle_digest=annotations.value(str, f"{PREFIX}bundle-digest"),
        bundle_uri=annotations.value(str, f"{PREFIX}bundle-uri"),
        model_version=annotations.value(str, f"{PREFIX}model-version"),
        evaluation_run=annotations.value(str, f"{PREFIX}evaluation-run"),
        data_version=annotations.value(str, f"{PREFIX}data-version"),
        previous_digest=annotations.optional(f"{PREFIX}previous-digest"),
        replicas=deployment.value(int, "num_replicas"),
        cpus=deployment.value(float, "ray_actor_options", "num_cpus"),
        max_ongoing_requests=deployment.value(int, "max_ongoing_requests"),
        fault_delay_ms=None
        if fault is None
        else deployment.value(int, "user_config", "fault", "delay_ms"),
        image=pod.value(str, "containers", 0, "image"),
        latency=budget_from_text(annotations.value(str, BUDGET)),
        canary=None
        if annotations.optional(CANARY) is None
        else canary_from_text(annotations.value(str, CANARY)),
        form=FIRST if stated is None else PRESENT,
        depends_on=_names(annotations.optional(f"{PREFIX}depends-on")),
    )


def _names(text: Any) -> tuple[str, ...]:
    return tuple(str(text).split(",")) if text is not None else ()


def _compare(manifest: ReleaseManifest, document: Any, path: str) -> None:
    expected, got = _document(manifest), document
    inner = yaml_text.load(expected["spec"].pop("serveConfigV2"))
    found = yaml_text.difference(
        inner, yaml_text.load(got["spec"].pop("serveConfigV2")), "spec.serveConfigV2"
    ) or yaml_text.difference(expected, got)
    if found:
        raise ManifestInvalid(path, *found)


def _first_line(expected: str, got: str) -> tuple[str, object, str]:
    left, right = expected.splitlines(keepends=True), got.splitlines(keepends=True)
    for number, (wanted, found) in enumerate(zip(left, right, strict=False), start=1):
        if wanted != found:
            return f"line {number}", found, repr(wanted)
    return f"line {min(len(left), len(right)) + 1}", len(right), f"{len(left)} lines"
