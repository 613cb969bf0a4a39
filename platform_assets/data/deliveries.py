"""What arrives: files in a landing folder, each read into rows of text."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from platform_assets.errors import BatchRefused

DELIVERY = "_delivery"
FILE = "_file"
ROW = "_row"
LINEAGE = (DELIVERY, FILE, ROW)


@dataclass(frozen=True)
class Delivery:
    """One delivered file; its identity is the SHA-256 of its bytes, not its name."""

    path: Path
    digest: str


def deliveries(folder: Path, pattern: str) -> list[Delivery]:
    """Every delivered file in order of name; of files with equal bytes, the first."""
    files = sorted(path for path in folder.glob(pattern) if is_finished(path))
    first: dict[str, Path] = {}
    for path in files:
        first.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    return [Delivery(path, digest) for digest, path in first.items()]


def is_finished(path: Path) -> bool:
    """Is this a delivered file, and not one still being written or hidden?"""
    return path.is_file() and not path.name.startswith(".") and path.suffix not in (".tmp", ".part")


def read_delivery(
    delivery: Delivery, columns: Iterable[str], file_format: Literal["csv", "parquet"]
) -> pa.Table:
    """The rows as text, shape (rows, columns + 3): nothing is cast, an empty field is null.

    Columns that the contract does not know are dropped; the last three columns say which
    delivery, file and row (counted from 0) a row came from.

    Raises
    ------
    BatchRefused
        If the file cannot be parsed, or lacks a column of the contract.
    """
    wanted = list(columns)
    table = _parse(delivery.path, file_format)
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise BatchRefused(
            str(delivery.path),
            f"misses the columns {', '.join(missing)}; it has {', '.join(table.column_names)}",
        )
    return _with_lineage(_as_text(table.select(wanted)), delivery)


def _parse(path: Path, file_format: Literal["csv", "parquet"]) -> pa.Table:
    try:
        if file_format == "parquet":
            return parquet.read_table(path)
        return csv.read_csv(path, convert_options=_all_text(path))
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise BatchRefused(str(path), f"is no readable {file_format} ({error})") from error


def _all_text(path: Path) -> csv.ConvertOptions:
    with csv.open_csv(path) as reader:
        names = reader.schema.names
    return csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
    )


def _as_text(table: pa.Table) -> pa.Table:
    texts = [pc.cast(column, pa.string()) for column in table.columns]
    return pa.table(dict(zip(table.column_names, texts, strict=True)))


def _with_lineage(table: pa.Table, delivery: Delivery) -> pa.Table:
    rows = table.num_rows
    table = table.append_column(DELIVERY, pa.array([delivery.digest] * rows, pa.string()))
    table = table.append_column(FILE, pa.array([delivery.path.name] * rows, pa.string()))
    return table.append_column(ROW, pa.array(range(rows), pa.int64()))
