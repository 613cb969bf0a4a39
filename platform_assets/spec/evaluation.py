"""What a candidate is judged by: the keys `gates`, `slices` and `fairness` of its `defs.yaml`."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from platform_assets.errors import SpecError
from platform_assets.spec.section import Section

SLICES_HOLD = "slices_hold"
GROUPS_TREATED_ALIKE = "groups_treated_alike"

Reference = Literal["dummy", "linear", "champion"]


class Floor(Section):
    """A gate: all of the interval reaches a value, or stays under it if lower is better."""

    metric: str
    reach: float = Field(description="Worst value that is acceptable.")


class Beat(Section):
    """A gate: the candidate must be better than a reference, judged on the same rows."""

    metric: str
    beat: Reference
    by: float = Field(
        default=0.0,
        description="Least improvement, by the whole interval; negative: tolerated loss.",
    )


Gate = Annotated[Floor | Beat, Field(union_mode="left_to_right")]


class Slices(Section):
    """Groups of rows on which the model must hold up too.

    In none may it be worse than the dummy beyond chance; the two bounds ask for more.
    """

    columns: list[str] = Field(default_factory=list)
    minimum_rows: int = Field(default=100, ge=10, description="Smaller groups are not judged.")
    found: int = Field(
        default=5,
        ge=0,
        le=20,
        description="At most this many groups that nobody named are looked for.",
    )
    floor: float | None = Field(
        default=None, description="Worst value of the model's metric in any group."
    )
    max_gap: float | None = Field(
        default=None, gt=0, description="How much worse than on all rows, in the metric's unit."
    )


class Fairness(Section):
    """Groups that must be treated alike."""

    group: list[str] = Field(
        default_factory=list, description="Columns whose values are the groups."
    )
    max_difference: float | None = Field(
        default=None, gt=0, description="How far apart two groups may be; needed with `group`."
    )
    minimum_rows: int = Field(default=30, ge=10, description="Smaller groups are not compared.")

    @field_validator("group", mode="before")
    @classmethod
    def _one_or_many(cls, group: Any) -> Any:
        return [group] if isinstance(group, str) else group

    @model_validator(mode="after")
    def _said_how_far(self) -> "Fairness":
        if self.group and self.max_difference is None:
            raise SpecError(
                "fairness.max_difference: with `group` a person must say how far apart groups may "
                "be, got nothing"
            )
        return self


def gate_name(gate: Floor | Beat) -> str:
    """The name of the asset check that a gate becomes, e.g. `average_precision_beats_dummy`."""
    return (
        f"{gate.metric}_reaches" if isinstance(gate, Floor) else f"{gate.metric}_beats_{gate.beat}"
    )
