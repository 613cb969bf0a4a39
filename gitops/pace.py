"""How often an environment is looked at, and what may be done to it: `reconcile` in the policy."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Pace(BaseModel):
    """How the reconciler treats an environment; times are in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    interval: float = Field(
        default=60.0, ge=1, le=86400, description="Between looks at what is settled or blocked."
    )
    retry_interval: float = Field(
        default=15.0,
        ge=1,
        le=86400,
        description="Before the first retry; doubled for each further one, up to `interval`.",
    )
    timeout: float | None = Field(
        default=None,
        gt=0,
        le=3600,
        description="To become healthy; not given: SLIPWAY_HEALTH_TIMEOUT, or --timeout.",
    )
    self_heal: Literal[True, "report"] = Field(
        default=True,
        description="`true` puts right what was changed or lost, `report` only tells of it.",
    )
    prune: bool = Field(
        default=True, description="Whether what git no longer names is removed from the system."
    )

    @model_validator(mode="after")
    def _retries_within(self) -> "Pace":
        if self.retry_interval > self.interval:
            raise ValueError(
                f"retry_interval {self.retry_interval:g} is above interval {self.interval:g}, "
                "up to which it grows"
            )
        return self

    def over(self, default: "Pace") -> "Pace":
        """What was given here, and the default for what was not."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return default.model_copy(update=given)


DEFAULT_PACE = Pace()
