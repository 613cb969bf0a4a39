"""How what is live is watched: the key `monitoring` of `defs.yaml`."""

from pydantic import Field, model_validator

from platform_assets.errors import SpecError
from platform_assets.spec.section import Section


class Labels(Section):
    """How a row of `cleaned` that names no request is joined to the prediction it is the truth of.

    Of its entity, the last one at or before the row's time (the column `time`).
    """

    entity: list[str] = Field(
        min_length=1, description="Features that name whom a prediction is about, together."
    )
    tolerance_minutes: int = Field(
        ge=1, le=525_600, description="A prediction may be so much older than the row's time."
    )


class Monitoring(Section):
    """Windows of the prediction log are compared with what the live version was trained on.

    An alert stands while `beyond` of the last `windows` with enough rows are beyond a threshold.
    """

    window_minutes: int = Field(
        default=1440,
        ge=1,
        le=44_640,
        description="Length of a window; a day holds every hour, so that no hour looks like drift.",
    )
    minimum_rows: int = Field(
        default=200, ge=20, le=1_000_000, description="Windows with fewer rows are not judged."
    )
    beyond: int = Field(default=2, ge=1, le=30, description="So many windows raise an alert.")
    windows: int = Field(default=3, ge=1, le=30, description="Out of so many, the newest.")
    quality_windows: int = Field(
        default=1,
        ge=1,
        le=365,
        description="Live quality is of the labels of so many windows, up to the one judged.",
    )
    psi: float = Field(
        default=0.2,
        gt=0,
        le=10,
        description="Population stability index beyond chance from which a column has drifted.",
    )
    significance: float = Field(
        default=0.01,
        gt=0,
        le=0.2,
        description="Chance of a difference, above which it is no drift; for all columns at once.",
    )
    skew: float = Field(
        default=0.01,
        ge=0,
        lt=1,
        description="Share of rows of which a feature may differ between serving and training.",
    )
    errors: float = Field(default=0.01, ge=0, lt=1, description="Share of requests that may fail.")
    refused: float = Field(
        default=0.05, ge=0, lt=1, description="Share of requests that may be refused as bad input."
    )
    slower: float = Field(
        default=0.25,
        gt=0,
        le=100,
        description="Growth of the p95 latency over the last 14 windows, or fewer, from 6 on.",
    )
    saturated: float = Field(
        default=0.5, gt=0, le=1, description="Share of scores that may be exactly 0 or 1, or equal."
    )
    stale_days: float = Field(
        default=90, gt=0, le=3650, description="Days after which a live version is stale."
    )
    label_days: int = Field(
        default=30,
        ge=1,
        le=365,
        description="Days after which a window is judged with the labels that have come.",
    )
    labels: Labels | None = Field(
        default=None, description="How labels that name no request are joined; none by default."
    )

    @model_validator(mode="after")
    def _of_the_windows(self) -> "Monitoring":
        if self.beyond > self.windows:
            raise SpecError(
                f"monitoring.beyond: got {self.beyond}, expected at most "
                f"monitoring.windows, which is {self.windows}; no alert would ever be raised"
            )
        if self.labels is not None and self.labels.tolerance_minutes > self.label_days * 1440:
            raise SpecError(
                f"monitoring.labels.tolerance_minutes: got {self.labels.tolerance_minutes}, "
                f"expected at most monitoring.label_days, which is {self.label_days * 1440} "
                "minutes; no label is waited for longer"
            )
        return self
