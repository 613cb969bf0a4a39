"""A model's specification: what stands in `platform_assets/defs/<model>/defs.yaml`.

Every key is checked when the code location loads, so that a contradiction is refused before
anything is trained.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from platform_assets.errors import SpecError
from platform_assets.ml.metrics import metric_names
from platform_assets.source_spec import AnySource, Section

Task = Literal["binary", "multiclass", "regression"]
Reference = Literal["dummy", "linear", "champion"]


class Split(Section):
    """How the holdout is set aside."""

    kind: Literal["random", "time"] = Field(
        description="`time` holds out the newest rows, `random` a seeded sample by content."
    )
    holdout: float = Field(default=0.2, gt=0, lt=0.9, description="Share of rows held out.")
    validation: float = Field(
        default=0.2, gt=0, lt=0.9, description="Share of training rows the search is judged on."
    )
    seed: int = Field(default=0, ge=0, description="Seed of the random split and of training.")


class DataChecks(Section):
    """What the rows must keep before anything is learned from them."""

    max_copied_rows: float = Field(
        default=0.01, ge=0, le=1, description="Share of the holdout that may copy training rows."
    )
    warn_leak: float = Field(
        default=0.96, gt=0, le=1, description="What one feature may tell alone, 0 to 1, unwarned."
    )
    max_leak: float = Field(
        default=0.99, gt=0, le=1, description="What one feature tells alone when it blocks."
    )
    trusted: list[str] = Field(
        default_factory=list, description="Features that may tell all: known before the outcome."
    )
    min_class_rows: int = Field(
        default=5, ge=1, description="Rows besides the most common class that a part must hold."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "DataChecks":
        if self.warn_leak > self.max_leak:
            raise SpecError(
                f"warn_leak: {self.warn_leak} is above max_leak ({self.max_leak}), so nothing "
                "would be warned of before it blocks; lower it"
            )
        return self


class Search(Section):
    """A bounded random search over the estimator's parameters."""

    trials: int = Field(default=1, ge=1, le=1000, description="At most this many fits.")
    seconds: float = Field(default=60, gt=0, description="No new fit starts after this long.")
    space: dict[str, list[float | int | str | bool | None]] = Field(
        default_factory=dict, description="Pipeline parameter (step__name) and values to try."
    )


class Floor(Section):
    """A gate: the metric must reach a value (or stay under it, if lower is better)."""

    metric: str
    reach: float = Field(description="Worst value that passes.")


class Beat(Section):
    """A gate: the candidate must be better than a reference, judged on the same rows."""

    metric: str
    beat: Reference
    by: float = Field(
        default=0.0,
        description="Least improvement, in the metric's unit; negative: tolerated loss.",
    )


Gate = Annotated[Floor | Beat, Field(union_mode="left_to_right")]


class Slices(Section):
    """Groups of rows on which the model must hold up too."""

    columns: list[str] = Field(default_factory=list)
    minimum_rows: int = Field(default=100, ge=10, description="Smaller groups are not judged.")


class LatencyBudget(Section):
    """What the endpoint must keep under open-loop load, in milliseconds."""

    rate: float = Field(default=50, gt=0, le=5000, description="Requests per second sent.")
    seconds: float = Field(default=5, gt=0, le=300, description="Length of the load test.")
    p50_ms: float = Field(default=25, gt=0)
    p95_ms: float = Field(default=75, gt=0)
    p99_ms: float = Field(default=150, gt=0)
    error_rate: float = Field(default=0.0, ge=0, lt=1, description="Share of failed requests.")


class Serving(Section):
    """How the model is served."""

    replicas: int = Field(default=1, ge=1, le=100)
    cpus: float = Field(default=0.25, gt=0, le=64, description="Ray CPUs of each replica.")
    max_ongoing_requests: int = Field(default=64, ge=1, le=10_000)
    parity: float = Field(
        default=1e-4, gt=0, description="Largest difference to scikit-learn that ONNX may show."
    )
    latency: LatencyBudget = Field(default_factory=LatencyBudget)


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
    metric: str = Field(description="The metric the search maximizes and the report opens with.")
    gates: list[Gate] = Field(min_length=1)
    slices: Slices = Field(default_factory=Slices)
    serving: Serving = Field(default_factory=Serving)

    @model_validator(mode="after")
    def _consistent(self) -> "ModelSpec":
        _metrics_exist(self)
        _columns_agree(self)
        return self


def gate_name(gate: Floor | Beat) -> str:
    """The name of the asset check that a gate becomes, e.g. `average_precision_beats_dummy`."""
    return (
        f"{gate.metric}_reaches" if isinstance(gate, Floor) else f"{gate.metric}_beats_{gate.beat}"
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
