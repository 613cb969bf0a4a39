"""What only a person can say of a model: the key `card` of its `defs.yaml`."""

from pydantic import Field

from platform_assets.spec.section import Section


class Card(Section):
    """The model card of the report. What is not said is named there as missing."""

    intended_use: str | None = Field(
        default=None, min_length=1, description="What the answers are for, and who acts on them."
    )
    out_of_scope: str | None = Field(
        default=None, min_length=1, description="What it must not be used for."
    )
    data: str | None = Field(
        default=None, min_length=1, description="Whose data it learned from, and how they came."
    )
    limitations: str | None = Field(
        default=None, min_length=1, description="Where it is known to be weak."
    )
    ethical_considerations: str | None = Field(
        default=None, min_length=1, description="Whom a wrong answer harms, and what is done then."
    )
    contact: str | None = Field(
        default=None, min_length=1, description="Whom to ask, in words a stranger can use."
    )
    licence: str | None = Field(
        default=None, min_length=1, description="On what terms model and data may be used."
    )
