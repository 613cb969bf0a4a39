"""The candidate as a bundle: what will be judged and what will be served, under one digest.

ONNX where its answers match scikit-learn's on the holdout, skops otherwise. MLflow holds one model
version for each digest. Before the entry stands, the bundle is opened again and must answer its
golden rows.
"""

import json
from collections.abc import Mapping
from typing import Any

import dagster as dg
import numpy as np
import skops.io

from platform_assets.folder import ModelFolder
from platform_assets.identity import fingerprint
from platform_assets.lineage import latest
from platform_assets.ml.export import bundle_contents
from platform_assets.model import candidate_model
from platform_assets.model.rows import load_rows
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Registry
from serving.bundle import open_bundle, write_bundle
from serving.scorer import load_scorer

KIND = "entries"


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    key = folder.key("registry_entry")

    @dg.asset(
        **folder.asset("registry_entry", __doc__, {"onnx", "mlflow"}),
        deps=[folder.key("candidate_model")],
        check_specs=[dg.AssetCheckSpec("golden_rows", asset=key, blocking=True)],
    )
    def registry_entry(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        registry: dg.ResourceParam[Registry],
        artifacts: dg.ResourceParam[Artifacts],
    ) -> dg.MaterializeResult[None]:
        candidate = latest(context.instance, folder.key("candidate_model"))
        entry_key = fingerprint(
            candidate=candidate["candidate_key"], parity=folder.spec.serving.parity
        )
        if not artifacts.has(KIND, folder.name, entry_key):
            facts = bundle(folder, lake, artifacts, candidate)
            artifacts.publish(KIND, folder.name, entry_key, {"entry.json": facts})
        entry = json.loads(artifacts.load(KIND, folder.name, entry_key, "entry.json"))
        uri = artifacts.bundle_uri(folder.name, entry["digest"])
        version = registry.register(
            folder.name, candidate["mlflow_run"], entry["digest"], uri, tags(candidate, entry)
        )
        return dg.MaterializeResult(
            data_version=dg.DataVersion(entry["digest"]),
            metadata={
                "bundle_digest": entry["digest"],
                "bundle_uri": uri,
                "model_version": version.version,
                "mlflow_run": version.run_id,
                "training_set_version": candidate["training_set_version"],
                "candidate_key": candidate["candidate_key"],
                **{name: entry[name] for name in ("runtime", "why_runtime", "largest_difference")},
            },
            check_results=[golden_check(folder, artifacts, entry["digest"])],
        )

    return registry_entry
