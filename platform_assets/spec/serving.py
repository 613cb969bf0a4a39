"""How a model is served, and what its endpoint must keep: the key `serving` of `defs.yaml`."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from platform_assets.spec.section import Section

TypeName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")]

ModelName = Annotated[str, Field(pattern=r"^[a-z](?:[a-z0-9-]{0,39}[a-z0-9])?$")]


class LatencyBudget(Section):
    """What the endpoint must keep under open-loop load, in milliseconds."""

    rate: float = Field(default=50, gt=0, le=5000, description="Requests per second sent.")
    seconds: float = Field(default=5, gt=0, le=300, description="Length of the load test.")
    p50_ms: float = Field(default=25, gt=0)
    p95_ms: float = Field(default=75, gt=0)
    p99_ms: float = Field(default=150, gt=0)
    error_rate: float = Field(default=0.0, ge=0, lt=1, description="Share of failed requests.")


class Canary(Section):
    """How a new version takes over, step by step, beside the one before."""

    environments: list[str] = Field(
        default=["production"], min_length=1, description="Where it does; elsewhere it is at once."
    )
    steps: list[Annotated[int, Field(gt=0, lt=100)]] = Field(
        default=[5, 25, 50],
        min_length=1,
        max_length=6,
        description="Percentages of keys that it answers before it answers all.",
    )
    interval: float = Field(
        default=60, gt=0, le=86_400, description="Seconds that a step lasts at least."
    )
    samples: int = Field(
        default=200, ge=1, le=1_000_000, description="Requests by which it must be known."
    )
    timeout: float = Field(
        default=1800, gt=0, le=604_800, description="Seconds after which doubt is taken back."
    )
    shadow: float = Field(
        default=1.0, ge=0, le=1, description="Share of requests that both versions score."
    )
    errors: float = Field(
        default=0.02, ge=0, le=1, description="Share of requests that it may fail more."
    )
    slowdown: float = Field(
        default=2.0, gt=0, le=100, description="Times as long that its p95 may be."
    )
    shift: float = Field(
        default=0.5, gt=0, le=100, description="Standard deviations that scores may move."
    )
    disagreement: float = Field(
        default=0.2, ge=0, le=1, description="Share of rows that may be decided otherwise."
    )

    @model_validator(mode="after")
    def _can_be_followed(self) -> Self:
        if sorted(set(self.steps)) != self.steps:
            raise ValueError(f"canary.steps: got {self.steps}, expected percentages that rise")
        if self.timeout < self.interval:
            raise ValueError(
                f"canary.timeout: got {self.timeout:g}, expected at least canary.interval, "
                f"{self.interval:g}"
            )
        return self


class Serving(Section):
    """How the model is served."""

    replicas: int = Field(default=1, ge=1, le=100)
    cpus: float = Field(default=0.25, gt=0, le=64, description="Ray CPUs of each replica.")
    max_ongoing_requests: int = Field(default=1000, ge=1, le=10_000)
    parity: float = Field(
        default=1e-4, gt=0, description="Largest difference to scikit-learn that ONNX may show."
    )
    trusted_types: list[TypeName] = Field(
        default_factory=list,
        description="Types that a skops file may hold beyond those of scikit-learn, numpy, scipy "
        "and the model's folder.",
    )
    depends_on: list[ModelName] = Field(
        default_factory=list,
        max_length=20,
        description="Models that must be healthy in an environment before this one is begun there.",
    )
    latency: LatencyBudget = Field(default_factory=LatencyBudget)
    canary: Canary | None = Field(
        default=None, description="How versions change; without it, at once."
    )
