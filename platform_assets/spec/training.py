"""How a model is trained: the keys `split` and `search` of its `defs.yaml`."""

from typing import Literal

from pydantic import Field

from platform_assets.spec.section import Section


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


class Search(Section):
    """A bounded random search over the estimator's parameters."""

    trials: int = Field(default=1, ge=1, le=1000, description="At most this many fits.")
    seconds: float = Field(default=60, gt=0, description="No new fit starts after this long.")
    space: dict[str, list[float | int | str | bool | None]] = Field(
        default_factory=dict, description="Pipeline parameter (step__name) and values to try."
    )
