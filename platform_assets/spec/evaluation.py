"""What a candidate is judged by: the keys `gates` and `slices` of its `defs.yaml`."""

from typing import Annotated, Literal

from pydantic import Field

from platform_assets.spec.section import Section

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
    """Groups of rows on which the model must hold up too."""

    columns: list[str] = Field(default_factory=list)
    minimum_rows: int = Field(default=100, ge=10, description="Smaller groups are not judged.")


def gate_name(gate: Floor | Beat) -> str:
    """The name of the asset check that a gate becomes, e.g. `average_precision_beats_dummy`."""
    return (
        f"{gate.metric}_reaches" if isinstance(gate, Floor) else f"{gate.metric}_beats_{gate.beat}"
    )
