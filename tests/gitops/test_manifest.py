"""The manifest is a RayService, one text per meaning, and nothing else is taken for one."""

import json
from dataclasses import fields, replace

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops.budget import LatencyBudget
from gitops.canary import CanaryPolicy
from gitops.errors import ManifestInvalid
from gitops.manifest import ReleaseManifest, parse, render, serve_application
from tests.support.contracts import find_contract
from tests.support.releases import digest, manifest

SCHEMA = find_contract("rayservice.schema.json")

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
WORDS = st.from_regex(r"[!-~]([ -~]{0,60}[!-~])?", fullmatch=True)


@st.composite
def manifests(draw) -> ReleaseManifest:
    name = draw(HEX)
    return ReleaseManifest(
        model=draw(NAMES),
        environment=draw(NAMES),
        bundle_digest=f"sha256:{name}",
        bundle_uri=f"file:///bundles/{name}",
        model_version=draw(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)),
        evaluation_run=draw(WORDS),
        data_version=draw(WORDS),
        previous_digest=draw(st.none() | HEX.map("sha256:{}".format)),
        replicas=draw(st.integers(1, 1000)),
        cpus=draw(st.floats(0, 1024)),
        max_ongoing_requests=draw(st.integers(1, 100_000)),
        fault_delay_ms=draw(st.none() | st.integers(0, 60_000)),
        latency=LatencyBudget(rate=draw(st.floats(0.1, 1000))),
        form=draw(st.sampled_from([1, 2])),
    )


@given(manifests())
def test_a_manifest_survives_its_text(wanted):
    assert parse(render(wanted), wanted.path) == wanted


@given(manifests())
def test_a_text_survives_its_manifest(wanted):
    text = render(wanted)
    assert render(parse(text, wanted.path)) == text


@pytest.mark.skipif(SCHEMA is None, reason="shared/contracts/rayservice.schema.json is not there")
@pytest.mark.parametrize("form", [1, 2])
@pytest.mark.parametrize("delay", [None, 200])
def test_kuberay_knows_every_key(delay, form):
    schema = json.loads(SCHEMA.read_text())
    text = render(manifest(fault_delay_ms=delay, form=form))
    jsonschema.validate(yaml.safe_load(text), schema)


def test_a_new_digest_is_a_new_cluster_that_runs_each_replica_on_a_worker():
    spec = yaml.safe_load(render(manifest("b", replicas=3, cpus=1.5)))["spec"]
    assert spec["upgradeStrategy"] == {"type": "NewCluster"}
    made = spec["rayClusterConfig"]
    (workers,) = made["workerGroupSpecs"]
    assert (workers["minReplicas"], workers["replicas"], workers["maxReplicas"]) == (3, 3, 3)
    assert made["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0"}
    (container,) = workers["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"cpu": "2", "memory": "4Gi"}
    assert {"name": "serve", "containerPort": 8000} in container["ports"]
    assert made["authOptions"] == {"mode": "token"}


FIRST_FORM = """\
apiVersion: ray.io/v1
kind: RayService
metadata:
  name: staging-fraud
  labels:
    slipway.dev/environment: staging
    slipway.dev/model: fraud
  annotations:
    slipway.dev/bundle-digest: sha256:DIGEST
    slipway.dev/bundle-uri: file:///bundles/DIGEST
    slipway.dev/data-version: cleaned=3
    slipway.dev/evaluation-run: run-a
    slipway.dev/model-version: '1'
    slipway.dev/latency-budget: BUDGET
spec:
  serveConfigV2: |
    applications:
      - name: staging-fraud
        route_prefix: /staging/fraud
        import_path: serving.app:build
        args:
          model: fraud
        deployments:
          - name: ModelServer
            num_replicas: 1
            max_ongoing_requests: 64
            ray_actor_options:
              num_cpus: 0.5
            user_config:
              bundle:
                uri: file:///bundles/DIGEST
                digest: sha256:DIGEST
                version: '1'
  rayClusterConfig:
    rayVersion: 2.60.0
    headGroupSpec:
      rayStartParams: {}
      template:
        metadata:
          annotations:
            slipway.dev/bundle-digest: sha256:DIGEST
        spec:
          containers:
            - name: ray-head
              image: slipway-serving:0.1.0
"""


def test_a_manifest_of_the_first_form_is_read_and_stays_as_it_was():
    budget = yaml.safe_dump({"x": LatencyBudget().to_text()}, width=10_000)[3:].strip()
    text = FIRST_FORM.replace("DIGEST", "a" * 64).replace("BUDGET", budget)
    found = parse(text, manifest().path)
    assert (found, render(found)) == (manifest(form=1), text)


def test_a_form_that_is_not_known_is_refused():
    text = render(manifest()).replace("slipway.dev/format: '2'", "slipway.dev/format: '3'")
    with pytest.raises(ManifestInvalid, match=r"format: got '3', expected '2'"):
        parse(text, manifest().path)


def test_a_name_that_kuberay_could_not_lengthen_is_refused():
    assert len(manifest(model="m" * 39).application) == 47
    with pytest.raises(ManifestInvalid, match="at most 47 characters together"):
        manifest(model="m" * 40)


# Ray 2.60 declares a field in a way that pydantic 2.14 warns of when Ray's schema is imported.
@pytest.mark.filterwarnings("ignore:Using extra keyword arguments on `Field`")
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_serve_takes_the_configuration_and_ignores_none_of_it(environment):
    from ray.serve.schema import ServeDeploySchema

    wanted = manifest(environment=environment, fault_delay_ms=200, previous_digest=digest("b"))
    config = yaml.safe_load(yaml.safe_load(render(wanted))["spec"]["serveConfigV2"])
    taken = ServeDeploySchema.model_validate(config).model_dump(exclude_unset=True)
    assert taken["applications"] == config["applications"] == [serve_application(wanted)]


def test_the_digest_is_part_of_the_cluster_so_that_kuberay_sees_it_change():
    document = yaml.safe_load(render(manifest("b")))
    template = document["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]
    assert template["metadata"]["annotations"] == {"slipway.dev/bundle-digest": digest("b")}


@pytest.mark.parametrize(
    ("environment", "application", "route"),
    [
        ("production", "fraud", "/fraud"),
        ("staging", "staging-fraud", "/staging/fraud"),
        ("canary", "canary-fraud", "/canary/fraud"),
    ],
)
def test_each_environment_has_its_application_and_route(environment, application, route):
    wanted = manifest(environment=environment)
    assert (wanted.application, wanted.route) == (application, route)
    assert wanted.path == f"gitops/environments/{environment}/fraud.yaml"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("kind: RayService\n", "kind: RayService\nextra: 1\n", "extra: got 1"),
        ("ray.io/v1", "ray.io/v2", "apiVersion: got 'ray.io/v2', expected 'ray.io/v1'"),
        ("serving.app:build", "os:system", "import_path: got 'os:system'"),
        ("name: ModelServer", "name: Other", "deployments.0..name: got 'Other'"),
        ("route_prefix: /staging/fraud", "route_prefix: /", "route_prefix: got '/'"),
        ("num_replicas: 1", "num_replicas: two", "num_replicas: got 'two'"),
        ("num_replicas: 1", "num_replicas: 0", "replicas: got 0, expected a whole number from 1"),
        ("num_cpus: 0.5", "num_cpus: 0.50", "line "),
        ("num_cpus: 0.5", "num_gpus: 0.5", "num_cpus: got None"),
        ("model: fraud\n        dep", "model: evil\n        dep", "args.model: got 'evil'"),
        (f"  digest: {digest('a')}", f"  digest: {digest('b')}", "digest: got 'sha256:bbb"),
        ("rayVersion: 2.60.0", "rayVersion: 1.0.0", "rayVersion: got '1.0.0'"),
        ("rayStartParams: {}", "rayStartParams: {dashboard-host: 0.0.0.0}", "dashboard-host"),
        ("  labels:", "  finalizers: []\n  labels:", "metadata.finalizers"),
        ("spec:\n", "# a remark\nspec:\n", "line "),
        ("spec:\n", "spec: &x\n", "anchor &x"),
    ],
)
def test_a_text_that_slipway_did_not_render_is_refused_by_key(before, after, message):
    text = render(manifest())
    assert before in text
    with pytest.raises(ManifestInvalid, match=message):
        parse(text.replace(before, after, 1), manifest().path)


def test_every_line_counts():
    lines = render(manifest()).splitlines(keepends=True)
    for number in range(len(lines)):
        with pytest.raises(ManifestInvalid, match=r"staging/fraud\.yaml"):
            parse("".join(lines[:number] + lines[number + 1 :]), manifest().path)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", "a: b", "\0", "%", "!!python/name:os.x ''"]
)
def test_what_is_no_manifest_at_all_is_refused(text):
    with pytest.raises(ManifestInvalid, match=r"staging/fraud\.yaml"):
        parse(text, manifest().path)


def test_a_manifest_in_the_wrong_place_is_refused():
    with pytest.raises(ManifestInvalid, match="the path of this file"):
        parse(render(manifest()), "gitops/environments/production/fraud.yaml")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Fraud",
        "1fraud",
        "fraud_1",
        "../fraud",
        "fraud/..",
        "a" * 42,
        "a-",
        "fraud\n",
        "ﬁ",
        "-x",
    ],
)
@pytest.mark.parametrize("field", ["model", "environment"])
def test_a_name_that_could_be_a_path_or_a_flag_is_refused(field, name):
    with pytest.raises(ManifestInvalid, match=field):
        replace(manifest(), **{field: name})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bundle_digest", "sha256:abc"),
        ("bundle_digest", digest("a").upper()),
        ("previous_digest", "none"),
        ("bundle_uri", "/bundles/" + "a" * 64),
        ("bundle_uri", "file:///bundles/" + "b" * 64),
        ("bundle_uri", "file:///bundles/../" + "a" * 64),
        ("bundle_uri", "ftp://host/" + "a" * 64),
        ("model_version", "3; rm"),
        ("evaluation_run", ""),
        ("evaluation_run", "two\nlines"),
        ("data_version", " padded"),
        ("replicas", 0),
        ("replicas", True),
        ("replicas", 1.0),
        ("cpus", float("nan")),
        ("cpus", -1),
        ("max_ongoing_requests", 0),
        ("fault_delay_ms", -1),
        ("image", "-v /:/host"),
    ],
)
def test_a_field_out_of_bounds_is_refused_by_name(field, value):
    with pytest.raises(ManifestInvalid, match=field):
        replace(manifest(), **{field: value})


def test_every_field_reaches_the_text():
    changed = {
        "model": "other",
        "environment": "production",
        "bundle_digest": digest("b"),
        "model_version": "9",
        "evaluation_run": "run-9",
        "data_version": "cleaned=9",
        "previous_digest": digest("c"),
        "replicas": 9,
        "cpus": 9.0,
        "max_ongoing_requests": 9,
        "fault_delay_ms": 9,
        "image": "other:9",
        "latency": LatencyBudget(rate=9),
        "form": 1,
        "depends_on": ("another",),
        "canary": CanaryPolicy(),
    }
    together = {"bundle_digest": {"bundle_uri": "file:///bundles/" + "b" * 64}}
    assert {f.name for f in fields(ReleaseManifest)} == {*changed, "bundle_uri"}
    for field, value in changed.items():
        other = replace(manifest(), **{field: value}, **together.get(field, {}))
        assert render(other) != render(manifest()), field
