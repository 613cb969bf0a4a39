"""The candidate as a bundle: what will be judged and what will be served, under one digest.

ONNX where its answers match scikit-learn's on the holdout and on rows at the edges, skops
otherwise. MLflow holds one model version for each digest. Before the entry stands, the bundle is
opened again, byte for byte, and must answer its golden rows. Then it is signed, if a key is set.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_assets.folder import ModelFolder
from platform_assets.identity import fingerprint
from platform_assets.lineage import latest
from platform_assets.ml.export import Export, export
from platform_assets.ml.golden import Golden, golden_rows
from platform_assets.ml.reference import reference
from platform_assets.ml.scoring import scores
from platform_assets.ml.signature import signature_of
from platform_assets.model.audit import audit_tags
from platform_assets.model.fitted import load_facts, load_fitted
from platform_assets.model.lock import lock_digest
from platform_assets.model.rows import load_rows
from resources.artifacts import Artifacts
from resources.keys import signing_key
from resources.lake import Lake
from resources.registry import Registry
from resources.settings import Settings
from serving.bundle import BundleContents, GoldenRows, open_bundle, write_bundle
from serving.errors import ServingError
from serving.scorer import load_scorer, verify_golden
from serving.seal import name_of, seal
from serving.signature import Signature

KIND = "entries"
FROM_CANDIDATE = (
    "cleaned_version", "training_set_version", "candidate_key", "code_commit", "attempt",
)  # fmt: skip
REASONS = ("runtime", "why_runtime", "largest_difference")
# What is compared with scikit-learn; a candidate compared by other rules is decided anew.
RULES = 3
NOBODY = "nobody"
Facts = Mapping[str, Any]


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset(
        "registry_entry",
        __doc__,
        {"onnx", "mlflow"},
        after="candidate_model",
        checks=["golden_rows"],
    )
    def registry_entry(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        registry: dg.ResourceParam[Registry],
        artifacts: dg.ResourceParam[Artifacts],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        candidate = latest(context.instance, folder.key("candidate_model"))
        decided = decide_once(folder, lake, artifacts, candidate)
        digest = decided["digest"]
        tags = audit_tags(folder, lake, artifacts, candidate, decided)
        uri = artifacts.bundle_uri(folder.name, digest)
        version = registry.register(folder.name, candidate["mlflow_run"], digest, uri, tags)
        check = golden_check(folder, artifacts, digest)
        signed = signer(folder, artifacts, digest, settings) if check.passed else NOBODY
        return dg.MaterializeResult(
            data_version=dg.DataVersion(digest),
            metadata={
                "bundle_uri": uri,
                "model_version": version.version,
                "mlflow_run": version.run_id,
                "signed_by": signed,
                **told(candidate, decided),
            },
            check_results=[check],
        )

    return registry_entry


def told(candidate: Facts, decided: Facts) -> dict[str, Any]:
    """Where the bundle comes from, and why it is served as it is."""
    return {
        "bundle_digest": decided["digest"],
        **{name: candidate[name] for name in FROM_CANDIDATE},
        **{name: decided[name] for name in REASONS},
        "parity": parity_table(decided["parity"]),
    }


def decide_once(
    folder: ModelFolder, lake: Lake, artifacts: Artifacts, candidate: Facts
) -> dict[str, Any]:
    """The bundle of a candidate: written the first time, read from its note afterwards."""
    key = fingerprint(
        candidate=candidate["candidate_key"],
        parity=folder.spec.serving.parity,
        trusted=folder.spec.serving.trusted_types,
        rules=RULES,
    )
    if not artifacts.has(KIND, folder.name, key):
        decided = bundle(folder, lake, artifacts, candidate)
        note = json.dumps(decided).encode()
        artifacts.publish(KIND, folder.name, key, {"entry.json": note})
    noted: dict[str, Any] = json.loads(artifacts.load(KIND, folder.name, key, "entry.json"))
    return noted


def bundle(
    folder: ModelFolder, lake: Lake, artifacts: Artifacts, candidate: Facts
) -> dict[str, Any]:
    """Export the candidate, write its bundle, and say what was decided."""
    version, key = candidate["training_set_version"], candidate["candidate_key"]
    train, holdout = (load_rows(lake, folder, version, part) for part in ("train", "holdout"))
    model = load_fitted(artifacts, folder, key, "model")
    serving = folder.spec.serving
    signature = promised(folder, load_facts(artifacts, folder, key))
    exported = export(
        model,
        signature,
        holdout.features,
        train.features,
        serving.parity,
        serving.trusted_types,
    )
    answers = scores(model, folder.spec.task, holdout.features)
    drift = reference(train.features, answers)
    contents = contents_of(exported, golden_rows(exported, holdout.features), drift)
    return {
        "digest": write_bundle(artifacts.bundles(folder.name), contents).digest,
        "runtime": exported.runtime,
        "why_runtime": exported.reason,
        "largest_difference": exported.max_error,
        "parity": [asdict(one) for one in exported.parity],
    }


def contents_of(exported: Export, golden: Golden, drift: dict[str, Any]) -> BundleContents:
    """All files of a bundle but its manifest."""
    return BundleContents(
        runtime=exported.runtime,
        model=exported.model,
        signature=exported.signature,
        golden=GoldenRows(golden.rows, golden.scores, golden.tolerance),
        reference=drift,
        environment={"lock": lock_digest(), "python": platform.python_version()},
        trusted=exported.trusted,
    )


def parity_table(parity: Sequence[Facts]) -> dg.TableMetadataValue:
    """What was compared with scikit-learn, one row for each runtime and kind of rows."""
    return dg.MetadataValue.table([dg.TableRecord(dict(one)) for one in parity])


def promised(folder: ModelFolder, facts: Facts) -> Signature:
    """What the endpoint will take and give: the contract's columns, the classes as trained."""
    return signature_of(
        folder.name,
        folder.spec.task,
        folder.contract,
        folder.spec.features,
        classes=facts["classes"],
        threshold=facts["threshold"],
    )


def signer(folder: ModelFolder, artifacts: Artifacts, digest: str, settings: Settings) -> str:
    """Sign the bundle with the key of the settings, if one is set; returns the public key."""
    return vouch(artifacts.bundle_folder(folder.name, digest), digest, signing_key(settings))


def vouch(place: Path, digest: str, key: Ed25519PrivateKey | None) -> str:
    """Sign a bundle that stands, also one that was signed before; returns the public key."""
    if key is None:
        return NOBODY
    seal(place, digest, key)
    return name_of(key.public_key())


def golden_check(folder: ModelFolder, artifacts: Artifacts, digest: str) -> dg.AssetCheckResult:
    """Open the bundle as serving will and ask it its golden rows."""
    problem = ""
    try:
        opened = open_bundle(artifacts.bundle_folder(folder.name, digest), digest)
        verify_golden(opened, load_scorer(opened, tuple(folder.spec.serving.trusted_types)))
    except ServingError as error:
        problem = str(error)
    return dg.AssetCheckResult(
        check_name="golden_rows",
        passed=not problem,
        description=problem or None,
        metadata={"bundle_digest": digest},
    )
