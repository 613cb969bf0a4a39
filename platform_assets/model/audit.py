"""What a model version in MLflow says of itself, so that an auditor need ask nobody."""

import json
from collections.abc import Mapping
from typing import Any

from platform_assets.data.intake import DELIVERIES
from platform_assets.folder import ModelFolder
from platform_assets.model.candidate_model import CODE
from platform_assets.model.fitted import load_facts
from platform_assets.model.seen import CLEANED, TRAINING_SET
from resources.artifacts import Artifacts
from resources.lake import Lake
from serving.bundle import open_bundle

DELIVERED, TABLE = "slipway.deliveries", "slipway.training_set_id"
CODE_VERSION, CANDIDATE = "slipway.code_version", "slipway.candidate"
PARAMETERS, SEARCH = "slipway.parameters", "slipway.search"
ENVIRONMENT, RUNTIME = "slipway.environment", "slipway.runtime"
VERDICT, REPORT, REPORT_KEY = "slipway.verdict", "slipway.report", "slipway.report_key"
Facts = Mapping[str, Any]


def audit_tags(
    folder: ModelFolder, lake: Lake, artifacts: Artifacts, candidate: Facts, decided: Facts
) -> dict[str, str]:
    """Data versions, code, parameters, search and environment of a bundle, as text.

    `candidate` is what the candidate materialized with, `decided` the note on its bundle.
    """
    facts = load_facts(artifacts, folder, candidate["candidate_key"])
    return {
        RUNTIME: decided["runtime"],
        CANDIDATE: candidate["candidate_key"],
        CODE: candidate["code_commit"],
        CODE_VERSION: folder.code_version,
        PARAMETERS: _text(facts["parameters"]),
        SEARCH: _text(searched(facts)),
        ENVIRONMENT: _text(environment(folder, artifacts, decided["digest"])),
        **data_tags(folder, lake, candidate),
    }


def data_tags(folder: ModelFolder, lake: Lake, candidate: Facts) -> dict[str, str]:
    """The version of each table on the way; raw only grows, so a number of deliveries names it."""
    cleaned = candidate["cleaned_version"]
    deliveries = lake.mark(f"{folder.name}/cleaned", DELIVERIES, cleaned)
    return {
        TRAINING_SET: str(candidate["training_set_version"]),
        TABLE: lake.table_id(f"{folder.name}/training_set"),
        CLEANED: str(cleaned),
        DELIVERED: str(deliveries or 0),
    }


def searched(facts: Facts) -> dict[str, Any]:
    """How many trials the search came to in how many seconds, and what it was allowed."""
    tried = [*facts["trials"], *facts.get("failed_trials", ())]
    took = round(facts["seconds"], 1)
    return {"tried": len(tried), "took_seconds": took, **facts["search"]}


def environment(folder: ModelFolder, artifacts: Artifacts, digest: str) -> dict[str, str]:
    """What the bundle was built with, as it says itself."""
    opened = open_bundle(artifacts.bundle_folder(folder.name, digest), digest)
    return dict(opened.environment)


def verdict_tags(outcome: str, report: str, key: str) -> dict[str, str]:
    """What the evaluation came to, and where its page is."""
    return {VERDICT: outcome, REPORT: report, REPORT_KEY: key}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
