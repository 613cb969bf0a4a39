"""What a training set is asked before it is learned from: the key `checks` of `defs.yaml`."""

from pydantic import Field, model_validator

from platform_assets.errors import SpecError
from platform_assets.spec.section import Section


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

    max_unit_shift: float = Field(
        default=5, gt=1.5, description="How many times larger or smaller a delivery may be."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "DataChecks":
        if self.warn_leak > self.max_leak:
            raise SpecError(
                f"warn_leak: {self.warn_leak} is above max_leak ({self.max_leak}), so nothing "
                "would be warned of before it blocks; lower it"
            )
        return self
