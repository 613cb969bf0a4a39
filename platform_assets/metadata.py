"""What an asset shows in the Dagster UI: schemas, row counts, pictures."""

import base64
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pyarrow as pa

from platform_assets.findings import Findings


def table_metadata(
    schema: pa.Schema, rows: int | None, uri: str, version: int
) -> dict[str, dg.MetadataValue[Any]]:
    """Schema, number of rows if known, address and version under the names Dagster knows."""
    columns = [dg.TableColumn(name=field.name, type=str(field.type)) for field in schema]
    counted = {} if rows is None else {"dagster/row_count": dg.MetadataValue.int(rows)}
    return {
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns=columns)),
        **counted,
        "dagster/uri": dg.MetadataValue.text(uri),
        "delta_version": dg.MetadataValue.int(version),
    }


def picture(png: bytes, title: str) -> dg.MarkdownMetadataValue:
    """A PNG inside Markdown, which the UI shows as a picture."""
    encoded = base64.b64encode(png).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{encoded})")


def figures(values: Mapping[str, float]) -> dg.MarkdownMetadataValue:
    """Numbers as a Markdown table."""
    rows = "\n".join(f"| {name} | {value:.4g} |" for name, value in values.items())
    return dg.MetadataValue.md(f"| figure | value |\n|---|---|\n{rows}")


def check_result(
    name: str, found: Findings, key: dg.AssetKey | None = None, **more: dg.MetadataValue[Any]
) -> dg.AssetCheckResult:
    """Findings as the result of a check; warnings alone have a severity that blocks nothing."""
    only_warned = found.warnings and not found.blocking
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=found.passed,
        severity=dg.AssetCheckSeverity.WARN if only_warned else dg.AssetCheckSeverity.ERROR,
        description=found.text or None,
        metadata={**found.facts, **more},
    )


def about(result: dg.AssetCheckResult, **named: Any) -> dg.AssetCheckResult:
    """The result with the names of what it judged, by which a release finds it again."""
    return dg.AssetCheckResult(
        check_name=result.check_name,
        asset_key=result.asset_key,
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata={**result.metadata, **named},
    )
