"""What every section of `defs.yaml` keeps to."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One section of `defs.yaml`: unknown keys are refused, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
