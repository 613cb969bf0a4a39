"""How a model is trained: the keys `split`, `search` and `training` of its `defs.yaml`."""

from typing import Literal

from pydantic import Field, model_validator

from platform_assets.errors import SpecError
from platform_assets.spec.section import Section


class Split(Section):
    """How the holdout is set aside."""

    kind: Literal["random", "time", "group", "stratified"] = Field(
        description="Which rows are held out: the newest, a seeded sample of rows or groups."
    )
    group: str | None = Field(
        default=None, description="Column whose equal values stay on one side: patient, machine."
    )
    strata: str | None = Field(
        default=None,
        description="Column of which each value, or tenth of numbers, gives its share.",
    )
    holdout: float = Field(default=0.2, gt=0, lt=0.9, description="Share of rows held out.")
    validation: float = Field(
        default=0.2, gt=0, lt=0.9, description="Share of training rows the search is judged on."
    )
    renew_at: float = Field(
        default=0.1, gt=0, description="Waiting rows, as a share of the holdout, that renew it."
    )
    seed: int = Field(default=0, ge=0, description="Seed of the random split and of training.")

    @model_validator(mode="after")
    def _columns_are_used(self) -> "Split":
        if (self.kind == "group") != (self.group is not None):
            raise SpecError(
                f"split.group: names the column of `kind: group` and stands with it alone, got "
                f"kind {self.kind!r} and group {self.group!r}"
            )
        if self.strata is not None and self.kind != "stratified":
            raise SpecError(
                f"split.strata: {self.strata!r} stands with `kind: stratified` alone, got kind "
                f"{self.kind!r}"
            )
        return self


class Range(Section):
    """Numbers to draw from, both ends included; whole numbers if both ends are."""

    low: int | float = Field(description="Least value.")
    high: int | float = Field(description="Greatest value.")
    log: bool = Field(default=False, description="Each power of ten is drawn as often as another.")

    @model_validator(mode="after")
    def _in_order(self) -> "Range":
        if not self.low < self.high:
            raise SpecError(f"search.space: low {self.low} is not below high {self.high}")
        if self.log and self.low <= 0:
            raise SpecError(f"search.space: `log` needs low above 0, got {self.low}")
        return self


Values = list[float | int | str | bool | None]


class Search(Section):
    """A bounded random search over the estimator's parameters."""

    trials: int = Field(default=1, ge=1, le=1000, description="At most this many fits.")
    seconds: float = Field(default=60, gt=0, description="No new fit starts after this long.")
    n_jobs: int = Field(
        default=1, ge=-1, le=1024, description="Trials at a time on this machine; -1: one per core."
    )
    space: dict[str, Values | Range] = Field(
        default_factory=dict,
        description="Pipeline parameter (step__name), and a list of values or a range to try.",
    )


class Threshold(Section):
    """From which probability on a binary answer is positive, chosen on validation rows."""

    rule: Literal["f1", "recall_at_precision", "cost", "fixed"] = Field(
        default="f1", description="What the threshold is chosen for, or `fixed`."
    )
    precision: float | None = Field(
        default=None, gt=0, le=1, description="Least precision at which recall is the highest."
    )
    false_positive: float | None = Field(
        default=None, gt=0, description="Cost of a false alarm, in any unit."
    )
    false_negative: float | None = Field(
        default=None, gt=0, description="Cost of a miss, in the same unit."
    )
    value: float | None = Field(default=None, ge=0, le=1, description="The fixed threshold.")

    @model_validator(mode="after")
    def _has_what_its_rule_needs(self) -> "Threshold":
        needed = _NEEDED[self.rule]
        given = {name for name in _PARAMETERS if getattr(self, name) is not None}
        if given != needed:
            raise SpecError(
                f"training.threshold: rule {self.rule!r} needs "
                f"{', '.join(sorted(needed)) or 'nothing beside it'}, "
                f"got {', '.join(sorted(given)) or 'nothing'}"
            )
        return self


_NEEDED = {
    "f1": set[str](),
    "recall_at_precision": {"precision"},
    "cost": {"false_positive", "false_negative"},
    "fixed": {"value"},
}
_PARAMETERS = set().union(*_NEEDED.values())


LIMITS = {"fit_seconds", "run_seconds"}
"""Keys of `training` that change nothing of what is trained, but whether it comes to an end."""


class Training(Section):
    """What a classifier is fitted and read with; all of it is chosen on rows of the train part."""

    class_weight: Literal["none", "balanced"] | dict[str, float] = Field(
        default="none", description="How much a row of each class counts in a fit."
    )
    calibration: Literal["none", "sigmoid", "isotonic"] = Field(
        default="none", description="How probabilities are mended on the validation rows."
    )
    threshold: Threshold = Field(default_factory=Threshold)
    fit_seconds: float = Field(
        default=3600, gt=0, le=604800, description="A fit that takes longer is cut off."
    )
    run_seconds: int = Field(
        default=43200, ge=60, le=604800, description="A run that takes longer is ended by Dagster."
    )

    @model_validator(mode="after")
    def _a_run_has_time_for_a_fit(self) -> "Training":
        if self.run_seconds <= self.fit_seconds:
            raise SpecError(
                f"training.run_seconds: {self.run_seconds} leaves no time for a fit that may take "
                f"training.fit_seconds {self.fit_seconds:g}; expected more"
            )
        return self

    @model_validator(mode="after")
    def _weights_are_positive(self) -> "Training":
        if isinstance(self.class_weight, dict):
            wrong = [name for name, weight in self.class_weight.items() if not weight > 0]
            if wrong or not self.class_weight:
                raise SpecError(
                    f"training.class_weight: expected a number above 0 for each class, got "
                    f"{self.class_weight}"
                )
        return self
