"""All of one model: the sections of its `defs.yaml`, checked against each other."""

from typing import Literal

from pydantic import Field, model_validator

from platform_assets.errors import SpecError
from platform_assets.ml.metrics import metric_names
from platform_assets.spec.card import Card
from platform_assets.spec.data_checks import DataChecks
from platform_assets.spec.evaluation import (
    GROUPS_TREATED_ALIKE,
    SLICES_HOLD,
    Fairness,
    Gate,
    Slices,
    gate_name,
)
from platform_assets.spec.monitoring import Monitoring
from platform_assets.spec.retention import Retention
from platform_assets.spec.retraining import Retraining
from platform_assets.spec.retry import Retry
from platform_assets.spec.section import Section
from platform_assets.spec.serving import Serving
from platform_assets.spec.source import AnySource
from platform_assets.spec.training import Search, Split, Threshold, Training

Task = Literal["binary", "multiclass", "regression"]


class ModelSpec(Section):
    """One model: its data, estimator, gates and budget."""

    description: str = Field(description="One sentence for the catalogue and the report.")
    owners: list[str] = Field(min_length=1, description="Addresses or team:names to turn to.")
    task: Task
    source: AnySource
    contract: str = Field(
        default="contract:Contract", description="module:class of the pandera contract."
    )
    estimator: str = Field(
        default="estimator:build", description="module:function that builds the pipeline."
    )
    target: str
    id: str | None = Field(default=None, description="Column that names a row, once.")
    time: str | None = Field(default=None, description="Column that says when a row happened.")
    features: list[str] = Field(min_length=1)
    split: Split
    checks: DataChecks = Field(default_factory=DataChecks)
    search: Search = Field(default_factory=Search)
    training: Training = Field(default_factory=Training)
    retry: Retry = Field(default_factory=Retry)
    retraining: Retraining = Field(default_factory=Retraining)
    metric: str = Field(description="The metric the search maximizes and the report opens with.")
    gates: list[Gate] = Field(min_length=1)
    slices: Slices = Field(default_factory=Slices)
    fairness: Fairness = Field(default_factory=Fairness)
    card: Card = Field(default_factory=Card)
    serving: Serving = Field(default_factory=Serving)
    retention: Retention = Field(default_factory=Retention)
    monitoring: Monitoring = Field(default_factory=Monitoring)

    @model_validator(mode="after")
    def _consistent(self) -> "ModelSpec":
        _metrics_exist(self)
        _columns_agree(self)
        _training_fits(self)
        _labels_are_found(self)
        return self


def evaluation_checks(spec: ModelSpec) -> list[str]:
    """The checks of the evaluation report, each of which a release needs."""
    alike = [GROUPS_TREATED_ALIKE] if spec.fairness.group else []
    return [*map(gate_name, spec.gates), SLICES_HOLD, *alike]


def _training_fits(spec: ModelSpec) -> None:
    if spec.task == "regression" and spec.training != Training():
        raise SpecError("training: its keys are for classes, and the task is 'regression'")
    if spec.task != "binary" and spec.training.threshold != Threshold():
        raise SpecError(
            f"training.threshold: is for the task 'binary', got {spec.task!r}; leave it out"
        )


def _labels_are_found(spec: ModelSpec) -> None:
    if spec.monitoring.labels is None:
        return
    entity = spec.monitoring.labels.entity
    unknown = [name for name in entity if name not in spec.features]
    if unknown:
        raise SpecError(
            f"monitoring.labels.entity: {unknown[0]!r} is no feature, so it is not logged with "
            f"predictions; allowed: {', '.join(spec.features)}"
        )
    if len(set(entity)) < len(entity):
        raise SpecError(f"monitoring.labels.entity: each may stand once, got {', '.join(entity)}")
    if spec.time is None:
        raise SpecError(
            "monitoring.labels: needs the key `time` to name the column that says when a row "
            "happened, got nothing"
        )


def _metrics_exist(spec: ModelSpec) -> None:
    allowed = metric_names(spec.task)
    wanted = [("metric", spec.metric)]
    wanted += [(f"gates[{i}].metric", gate.metric) for i, gate in enumerate(spec.gates)]
    for key, name in wanted:
        if name not in allowed:
            raise SpecError(
                f"{key}: no metric {name!r} for task {spec.task!r}; allowed: {', '.join(allowed)}"
            )
    names = [gate_name(gate) for gate in spec.gates]
    if len(set(names)) < len(names):
        raise SpecError(f"gates: each may stand once, got {', '.join(names)}")


def _columns_agree(spec: ModelSpec) -> None:
    if spec.split.kind == "time" and spec.time is None:
        raise SpecError("split.kind: 'time' needs the key `time` to name a column, got nothing")
    if spec.split.group == spec.target:
        raise SpecError(f"split.group: {spec.target!r} is the target; each class would be held out")
    reserved = {"target": spec.target, "id": spec.id, "time": spec.time}
    for key, column in reserved.items():
        if column in spec.features:
            raise SpecError(
                f"features: {column!r} is the {key} column and would leak or name the row; "
                "leave it out"
            )
    unknown = [name for name in spec.checks.trusted if name not in spec.features]
    if unknown:
        raise SpecError(
            f"checks.trusted: no feature {unknown[0]!r}; allowed: {', '.join(spec.features)}"
        )
    repeated = sorted({name for name in spec.features if spec.features.count(name) > 1})
    if repeated:
        raise SpecError(f"features: each may stand once, got twice: {', '.join(repeated)}")
