"""What the model's newest report, its contract and git say about how it is worked on.

Proof for tests of the ML Test Score that no other check gives; it stands in nobody's way.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from gitops.forge import Forge
from gitops.history import Change, history
from gitops.policy import load_policy
from platform_assets.cli.evidence import usable_evidence
from platform_assets.data.contract import personal_columns
from platform_assets.errors import NotMaterialized
from platform_assets.folder import ModelFolder
from platform_assets.lineage import latest
from platform_assets.model.evaluation_report import KIND
from platform_assets.model.page import DOCUMENT
from resources.artifacts import Artifacts

NAME = "practices"
CHECKS = (
    "features_beneficial",
    "personal_columns_kept_out",
    "live_code_approved",
    "hyperparameters_searched",
    "staleness_known",
)
LOOK_BACK = 50
Report = Mapping[str, Any]


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset(NAME, __doc__, {"git"}, checks=CHECKS, blocking=False, after="evaluation_report")
    def practices(
        context: dg.AssetExecutionContext,
        artifacts: dg.ResourceParam[Artifacts],
        forge: dg.ResourceParam[Forge],
    ) -> dg.MaterializeResult:
        report = newest_report(context.instance, folder, artifacts)
        private = personal_columns(folder.contract)
        return dg.MaterializeResult(
            check_results=[
                beneficial(report),
                kept_out(folder.spec.features, private),
                approved(*live(forge, folder.name)),
                searched(report),
                staleness(report),
            ]
        )

    return practices


def newest_report(
    instance: dg.DagsterInstance, folder: ModelFolder, artifacts: Artifacts
) -> Report | None:
    """The newest evaluation as `report.json` has it; None before the first."""
    try:
        key = latest(instance, folder.key("evaluation_report"))["report_key"]
    except NotMaterialized:
        return None
    found: Report = json.loads(artifacts.load(KIND, folder.name, key, DOCUMENT))
    return found


def live(forge: Forge, model: str) -> tuple[Change | None, str]:
    """The change that is live in the last environment, and the code that its model came from."""
    environment = load_policy(forge, forge.head()).names[-1]
    changes = history(forge, environment, model, LOOK_BACK)
    found = next((one for one in changes if one.fate == "live" and one.digest), None)
    evidence = usable_evidence(forge, environment, model, found.revision) if found else None
    return found, evidence.code_version if evidence else ""


def beneficial(report: Report | None) -> dg.AssetCheckResult:
    """Without any one feature the model is worse, beyond chance."""
    found = report["probes"]["importances"] if report else []
    useless = [one["feature"] for one in found if not (one["loss"]["low"] or 0) > 0]
    said = f"not beyond chance: {', '.join(useless)}" if useless else ""
    return _result("features_beneficial", said, len(found), passed=not useless)


def kept_out(features: Sequence[str], personal: Sequence[str]) -> dg.AssetCheckResult:
    """No column that the contract tags personal is learned from."""
    learned = sorted(set(features) & set(personal))
    said = f"learned from: {', '.join(learned)}" if learned else ""
    return _result("personal_columns_kept_out", said, len(features), passed=not learned)


def approved(change: Change | None, code: str) -> dg.AssetCheckResult:
    """What is live was approved by a person, and its code is in a commit."""
    committed = bool(code) and not code.endswith("-dirty")
    passed = change is not None and change.kind == "promotion" and committed
    said = (
        f"{change.kind} by {change.by}, code {code or 'unknown'}" if change else "nothing is live"
    )
    return _result("live_code_approved", said, int(change is not None), passed=passed)


def searched(report: Report | None) -> dg.AssetCheckResult:
    """The candidate is the best of several settings of its parameters."""
    trials = report["trials"] if report else []
    different = {json.dumps(one["parameters"], sort_keys=True) for one in trials}
    said = f"{len(different)} settings were tried"
    return _result("hyperparameters_searched", said, len(trials), passed=len(different) > 1)


def staleness(report: Report | None) -> dg.AssetCheckResult:
    """Earlier models were scored on today's rows, so the cost of keeping one is known."""
    models = report["staleness"]["models"] if report else []
    left_out = report["staleness"]["left_out"] if report else {}
    said = f"{len(models)} earlier models were scored on the holdout"
    if left_out:
        said += f"; could not be asked: {', '.join(left_out)}"
    return _result("staleness_known", said, len(models) + len(left_out), passed=bool(models))


def _result(name: str, said: str, judged: int, *, passed: bool) -> dg.AssetCheckResult:
    """Where there was nothing to judge it passes, and proves nothing: `judged` says so."""
    return dg.AssetCheckResult(
        check_name=name,
        passed=passed or not judged,
        severity=dg.AssetCheckSeverity.WARN,
        description=said or None,
        metadata={"judged": judged},
    )
