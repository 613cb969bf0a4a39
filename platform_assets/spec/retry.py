"""What is tried when a candidate does not pass: the key `retry` of its `defs.yaml`."""

from pydantic import Field

from platform_assets.spec.section import Section


class Retry(Section):
    """A larger search on the same rows, after a judgement that did not pass."""

    attempts: int = Field(default=1, ge=0, le=5, description="At most so many; 0 for none.")
    larger: float = Field(
        default=4, gt=1, le=100, description="Each search has so many times the trials before."
    )
    seconds: float = Field(
        default=600, gt=0, description="No new fit of a larger search starts after this long."
    )
