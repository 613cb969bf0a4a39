"""Where a model's deliveries come from: the key `source` of its `defs.yaml`."""

import codecs
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from platform_assets.errors import SpecError
from platform_assets.spec.section import Section

MOST_PULLS = 50


class Delivered(Section):
    """What holds for deliveries wherever they come from."""

    nulls: list[str] = Field(
        default_factory=lambda: [""], description="Values that mean: nothing here."
    )
    trim: bool = Field(
        default=False,
        description="Take spaces off both ends of text values, before `nulls` are looked for.",
    )
    warn_quarantined: float = Field(
        default=0.05, ge=0, le=1, description="Share of bad rows in a delivery that is warned of."
    )
    max_quarantined: float = Field(
        default=0.2, ge=0, le=1, description="Share of bad rows above which a delivery blocks."
    )


class Source(Delivered):
    """Files: where they arrive and how they are read."""

    kind: Literal["files"] = Field(default="files", description="Files, or rows of a database.")
    location: str = Field(
        default="", description="Folder or s3://bucket/prefix; empty: landing/<model>/."
    )
    pattern: str = Field(description="Glob below the location, for example '*.csv'.")
    format: Literal["csv", "jsonl", "parquet"] = Field(
        description="How a delivered file is read; csv and jsonl may be gzipped."
    )
    delimiter: str = Field(
        default=",", min_length=1, max_length=1, description="Between the values of a csv row."
    )
    quote: str = Field(
        default='"', min_length=1, max_length=1, description="Around csv values that need it."
    )
    encoding: str = Field(default="utf-8", description="Of csv and jsonl, by Python's names.")
    header: list[str] | None = Field(
        default=None, min_length=1, description="Names of the columns if a csv has no header line."
    )
    batch_files: int = Field(
        default=500, ge=1, le=100_000, description="At most this many new files in one run."
    )

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            # Python knows encodings between bytes and bytes too, base64 for one.
            "".encode(encoding)
        except LookupError as error:
            raise ValueError(
                f"no encoding {encoding!r} of text; allowed: those of Python"
            ) from error
        return codecs.lookup(encoding).name

    @property
    def pulls(self) -> int:
        """How often one run asks for arrivals: files are all listed at once."""
        return 1

    @property
    def reading(self) -> "Source":
        return self


class SqlSource(Delivered):
    """Rows of a table, view or query, taken in as they appear or change."""

    kind: Literal["sql"] = Field(description="Files, or rows of a database.")
    connection: str = Field(
        pattern="^[A-Z][A-Z0-9_]*$",
        description="The address is the value of SLIPWAY_SQL_<connection>.",
    )
    table: str = Field(default="", description="Name of a table or view, or schema.name.")
    query: str = Field(default="", description="A SELECT in place of a table.")
    cursor: str = Field(
        min_length=1, description="Column that grows whenever a row is inserted or changed."
    )
    lag: float = Field(
        default=300,
        ge=0,
        description="How far each pull looks back: seconds of a time, units of a number.",
    )
    batch_rows: int = Field(
        default=100_000, ge=1, description="Rows in one delivery; equal cursors stay together."
    )
    nulls: list[str] = Field(
        default_factory=list, description="Values that mean: nothing here; NULL always does."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.table) == bool(self.query):
            got = f"table {self.table!r} and query {self.query!r}"
            raise SpecError(f"source: expected either `table` or `query`, got {got}")
        return self

    @property
    def format(self) -> Literal["parquet"]:
        """What the rows of one pull are delivered as."""
        return "parquet"

    @property
    def batch_files(self) -> int:
        """One pull follows from the one before."""
        return 1

    @property
    def pulls(self) -> int:
        """At most so many pulls in one run; the next run goes on."""
        return MOST_PULLS

    @property
    def reading(self) -> Source:
        """How such a delivery is read: like a file."""
        return Source(pattern="*", format=self.format, nulls=self.nulls, trim=self.trim)


def _kind(source: Any) -> str:
    given = source.get("kind") if isinstance(source, dict) else getattr(source, "kind", None)
    return str(given or "files")


AnySource = Annotated[
    Annotated[Source, Tag("files")] | Annotated[SqlSource, Tag("sql")], Discriminator(_kind)
]
