"""The report as a page and as pictures, for people."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from platform_assets.data.contract import personal_columns
from platform_assets.folder import ModelFolder
from platform_assets.ml.canvas import Plot
from platform_assets.ml.plots import plots
from platform_assets.ml.probes import Probes
from platform_assets.ml.report import ReportFacts, render_report
from platform_assets.model.judgement import Judgement
from platform_assets.model.rows import Rows

Facts = Mapping[str, Any]
Scores = npt.NDArray[np.float64]
PAGE = "report.html"


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
    )


def page(
    folder: ModelFolder,
    entry: Facts,
    judgement: Judgement,
    probes: Probes,
    drawn: list[Plot],
    training: Facts,
    lineage: Mapping[str, str],
) -> str:
    """One self-contained HTML page; `entry` and `training` say what was trained and how."""
    spec = folder.spec
    return render_report(
        ReportFacts(
            model=folder.name,
            description=spec.description,
            owners=spec.owners,
            digest=entry["bundle_digest"],
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            metric=spec.metric,
            figures=judgement.figures,
            gates=judgement.gates,
            slices=judgement.slices,
            probes=probes,
            treatments=judgement.treatments,
            plots=drawn,
            runtime=entry["runtime"],
            runtime_reason=entry["why_runtime"],
            trials=[(trial["params"], trial["score"]) for trial in training["trials"]],
            lineage=lineage,
            personal=personal_columns(folder.contract),
        )
    )
