"""When a model is trained again: the key `retraining` of its `defs.yaml`."""

from typing import Literal

from pydantic import Field

from platform_assets.spec.section import Section


class Retraining(Section):
    """What asks for a training, and what keeps trainings apart."""

    new_data: Literal["each_delivery", "governed", "ignored"] = Field(
        default="each_delivery",
        description="What new rows start: a training at once, one when it may be, or none.",
    )
    drift: bool = Field(default=True, description="Alerts of drift ask for a training.")
    lost_quality: bool = Field(
        default=True, description="Alerts of lost live quality ask for a training."
    )
    schedule: str | None = Field(
        default=None, description="Cron times, in UTC, that ask for a training."
    )
    minimum_new_rows: int = Field(
        default=1, ge=0, description="Clean rows since the last training set, or it waits."
    )
    cool_down_hours: float = Field(
        default=24, ge=0, le=8760, description="From the start of one training to the next."
    )
    runs_per_day: int = Field(
        default=4, ge=1, le=1000, description="Trainings that may start within 24 hours."
    )
    seconds_per_day: float = Field(
        default=43_200, gt=0, description="Seconds of training within 24 hours that end the budget."
    )
