"""What the report says and shows, from what was judged, asked and trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import numpy as np
import numpy.typing as npt

from platform_assets.data.contract import personal_columns
from platform_assets.folder import ModelFolder
from platform_assets.ml.canvas import Plot
from platform_assets.ml.changes import Change
from platform_assets.ml.parity import Parity
from platform_assets.ml.plots import plots
from platform_assets.ml.probes import Probes
from platform_assets.ml.report import DataCheck, ReportFacts
from platform_assets.ml.staleness import Staleness
from platform_assets.model.judgement import Judgement
from platform_assets.model.rows import Rows

Facts = Mapping[str, Any]
Scores = npt.NDArray[np.float64]
PAGE, DOCUMENT = "report.html", "report.json"


@dataclass(frozen=True)
class Around:
    """Where the candidate comes from and what it stands beside, as the report shows it."""

    lineage: Mapping[str, str]
    changes: Sequence[Change]
    staleness: Staleness
    data: Mapping[str, str]
    checks: Sequence[DataCheck]


def pictures(
    folder: ModelFolder,
    judgement: Judgement,
    holdout: Rows,
    models: Mapping[str, Scores],
    training: Facts,
) -> list[Plot]:
    """What is drawn for the model's task; `models` are the scores that were judged, by name."""
    return plots(
        folder.spec.task,
        holdout.target,
        models,
        training["classes"],
        judgement.figures,
        judgement.slices,
        folder.spec.metric,
        training["threshold"],
    )


def report_facts(
    folder: ModelFolder,
    entry: Facts,
    judgement: Judgement,
    probes: Probes,
    drawn: list[Plot],
    training: Facts,
    around: Around,
) -> ReportFacts:
    """All that the report says; `entry` and `training` say what was trained and how."""
    spec = folder.spec
    return ReportFacts(
        model=folder.name,
        description=spec.description,
        owners=spec.owners,
        digest=entry["bundle_digest"],
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        metric=spec.metric,
        figures=judgement.figures,
        gates=judgement.gates,
        slices=judgement.slices,
        treatments=judgement.treatments,
        probes=probes,
        plots=drawn,
        runtime=entry["runtime"],
        runtime_reason=entry["why_runtime"],
        parity=_parity(entry["parity"]),
        trials=[(trial["params"], trial["score"]) for trial in training["trials"]],
        edges=training["on_edge"],
        lineage=around.lineage,
        changes=around.changes,
        staleness=around.staleness,
        data=around.data,
        data_checks=around.checks,
        personal=personal_columns(folder.contract),
        card=spec.card.model_dump(),
    )


def _parity(noted: Any) -> list[Parity]:
    """What was compared, as the registry entry noted it or as its metadata hold it."""
    if isinstance(noted, dg.TableMetadataValue):
        noted = [record.data for record in noted.records]
    return [Parity(**one) for one in noted]
