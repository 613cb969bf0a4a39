"""The report for programs: the same findings as on the page, with a published JSON Schema.

After a change, write the schema anew; `tests/ml/test_document.py` holds both together:

    .venv/bin/python -m platform_assets.ml.document > docs/report.schema.json
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from platform_assets.ml.changes import Change
from platform_assets.ml.fairness import Treatment
from platform_assets.ml.figures import Figures
from platform_assets.ml.gates import GateResult, Outcome, overall
from platform_assets.ml.parity import Parity
from platform_assets.ml.probes import Probes
from platform_assets.ml.report import DataCheck, ReportFacts, headline, remarks, verdict
from platform_assets.ml.slices import Slice
from platform_assets.ml.staleness import Staleness


class Trial(BaseModel):
    """One fit of the search, and its metric on validation rows."""

    parameters: Mapping[str, Any]
    score: float


class ReportDocument(BaseModel):
    """`report.json`. A number that is undefined is null; each interval is the middle 95 %."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    model: str
    bundle_digest: str
    made: str
    outcome: Outcome
    verdict: str
    headline: str
    remarks: Sequence[str]
    metric: str
    figures: Figures
    gates: Sequence[GateResult]
    slices: Sequence[Slice]
    treatments: Sequence[Treatment]
    probes: Probes
    runtime: str
    runtime_reason: str
    parity: Sequence[Parity]
    trials: Sequence[Trial]
    edges: Sequence[str]
    lineage: Mapping[str, str]
    personal: Sequence[str]
    card: Mapping[str, str | None]
    changes: Sequence[Change]
    staleness: Staleness
    data: Mapping[str, str]
    data_checks: Sequence[DataCheck]


def document(facts: ReportFacts) -> bytes:
    """The findings as JSON; equal facts give equal bytes."""
    same = {field.name for field in fields(facts)} & set(ReportDocument.model_fields)
    shown = {name: getattr(facts, name) for name in same}
    shown["trials"] = [Trial(parameters=given, score=score) for given, score in facts.trials]
    found = ReportDocument(
        bundle_digest=facts.digest,
        outcome=overall(facts.gates),
        verdict=verdict(facts),
        headline=headline(facts),
        remarks=remarks(facts),
        **shown,
    )
    return (found.model_dump_json(indent=2) + "\n").encode()


def schema() -> dict[str, Any]:
    """The JSON Schema of `report.json`, draft 2020-12."""
    found = ReportDocument.model_json_schema(mode="serialization", schema_generator=_Undefinable)
    return {"$schema": _Undefinable.schema_dialect, **found}


class _Undefinable(GenerateJsonSchema):
    """Numbers may be null: JSON has no word for what is no number."""

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:  # noqa: ARG002  pydantic calls it
        return {"type": ["number", "null"]}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))  # noqa: T201  it is what the command is for
