"""How a model is served, and what its endpoint must keep: the key `serving` of `defs.yaml`."""

from typing import Annotated

from pydantic import Field

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


class Serving(Section):
    """How the model is served."""

    replicas: int = Field(default=1, ge=1, le=100)
    cpus: float = Field(default=0.25, gt=0, le=64, description="Ray CPUs of each replica.")
    max_ongoing_requests: int = Field(default=64, ge=1, le=10_000)
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
