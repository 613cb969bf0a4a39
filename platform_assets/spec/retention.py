"""What is kept of old candidates: the key `retention` of `defs.yaml`."""

from pydantic import Field

from platform_assets.spec.section import Section


class Retention(Section):
    """Bundles, candidates, reports and model versions that nothing here names are collected."""

    promotions: int = Field(
        default=10, ge=1, le=1000, description="Last releases of each environment that are kept."
    )
    candidates: int = Field(
        default=20, ge=1, le=10_000, description="Newest model versions that are kept."
    )
    days: int = Field(
        default=30, ge=1, le=3650, description="Nothing that was used since is collected."
    )
    predictions: int = Field(
        default=90, ge=1, le=3650, description="Days that logged predictions are kept for."
    )
