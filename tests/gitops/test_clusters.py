"""Argo CD and Flux call a RayService healthy when it serves what git says, and not before."""

from typing import Any

import celpy
import lupa
import pytest
import yaml

from gitops.policy import parse_policy
from tests.support.rayservices import STAGES, running, service
from tests.support.releases import CHECKOUT, POLICY

CLUSTERS = CHECKOUT / "gitops" / "clusters"
NAMES = parse_policy(POLICY).names
KEYS = {"Healthy": "current", "Degraded": "failed"}


def document(path: str) -> dict[str, Any]:
    return yaml.safe_load((CLUSTERS / path).read_text())


def argo_health(resource: dict[str, Any]) -> tuple[str, str]:
    """What Argo CD would say: the script sees the resource as `obj`."""
    script = document("argocd/argocd-cm.yaml")["data"][
        "resource.customizations.health.ray.io_RayService"
    ]
    lua = lupa.LuaRuntime(unpack_returned_tuples=True)
    lua.globals().obj = lua.table_from(resource, recursive=True)
    answer = lua.execute(script)
    return answer["status"], answer["message"]


def flux_says(environment: str, resource: dict[str, Any]) -> set[str]:
    """The names of Flux's expressions that are true; one that cannot be evaluated is not."""
    (checks,) = document(f"flux/{environment}.yaml")["spec"]["healthCheckExprs"]
    found = set()
    for name in ("inProgress", "failed", "current"):
        environment_ = celpy.Environment()
        program = environment_.program(environment_.compile(checks[name]))
        try:
            if program.evaluate(celpy.json_to_cel(resource)):
                found.add(name)
        except celpy.CELEvalError:
            continue
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_argo_cd_tells_each_stage_of_a_rayservice(stage):
    health, resource = STAGES[stage]
    told, message = argo_health(resource)
    assert (told, bool(message)) == (health, True)


@pytest.mark.parametrize("stage", STAGES)
def test_flux_tells_each_stage_of_a_rayservice(stage):
    health, resource = STAGES[stage]
    found = flux_says("staging", resource)
    assert found & {"current", "failed"} == ({KEYS[health]} if health in KEYS else set())


def test_what_is_in_progress_for_flux_is_neither_current_nor_failed():
    assert flux_says("staging", service(running(), generation=3)) == {"inProgress"}


def test_a_resource_without_any_status_is_not_healthy():
    assert argo_health(service(None))[0] == "Progressing"
    assert "current" not in flux_says("staging", service(None))


def test_a_suspended_service_is_suspended_for_argo_cd():
    assert argo_health(service(running(), suspend=True))[0] == "Suspended"


def test_argo_cd_syncs_each_environment_of_the_policy_from_its_folder():
    spec = document("argocd/applicationset.yaml")["spec"]
    (generator,) = spec["generators"]
    assert [one["environment"] for one in generator["list"]["elements"]] == NAMES
    template = spec["template"]["spec"]
    assert template["source"]["path"] == "gitops/environments/{{.environment}}"
    assert template["syncPolicy"]["automated"] == {
        "selfHeal": True,
        "prune": True,
        "allowEmpty": False,
    }


def test_flux_applies_each_environment_after_those_that_the_policy_requires():
    for environment in parse_policy(POLICY).environments:
        spec = document(f"flux/{environment.name}.yaml")["spec"]
        after = [one["name"] for one in spec.get("dependsOn", [])]
        assert after == [f"slipway-{name}" for name in environment.requires]
        assert spec["path"] == f"./gitops/environments/{environment.name}"
        assert (spec["prune"], spec["wait"]) == (True, True)


def test_every_environment_of_flux_asks_the_same_of_health():
    asked = [document(f"flux/{name}.yaml")["spec"]["healthCheckExprs"] for name in NAMES]
    assert asked.count(asked[0]) == len(asked)
