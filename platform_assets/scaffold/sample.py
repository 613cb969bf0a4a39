"""The first rows of a file, and how they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platform_assets.errors import NotScaffolded
from platform_assets.scaffold.contents import Contents, contents
from platform_assets.scaffold.csv_text import parse
from platform_assets.scaffold.records import Records, from_json_lines, from_parquet

Column = list[str | None]


@dataclass(frozen=True)
class Reading:
    """How a file is read, in the words of `source` in defs.yaml.

    `header` are names for columns of a csv without a header line.
    """

    pattern: str
    format: Literal["csv", "jsonl", "parquet"]
    delimiter: str = ","
    encoding: str = "utf-8"
    header: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """At most 100,000 rows as text, None where a format says that nothing stands there.

    `whole` if the file has no more. `broken` rows could not be parsed, `nested` columns hold lists
    or objects; both are left out. `fractional` columns are no integers, whatever their text.
    """

    file: str
    reading: Reading
    columns: Mapping[str, Column]
    whole: bool
    broken: int = 0
    nested: tuple[str, ...] = ()
    fractional: frozenset[str] = frozenset()

    @property
    def rows(self) -> int:
        return max(map(len, self.columns.values()), default=0)


def read_sample(path: Path, target: str) -> Sample:
    """Read the first rows; `target` tells a header line from data.

    Raises
    ------
    NotScaffolded
        If there are no rows to be read.
    """
    found = contents(path)
    sample = _from_csv(path, found, target) if found.format == "csv" else _typed(path, found)
    if not sample.rows:
        raise NotScaffolded(path, "holds no rows", "name a file that does")
    return sample


def pattern(path: Path) -> str:
    """The glob for files like this one, e.g. `*.csv.gz`."""
    suffixes = path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]
    return "*" + "".join(suffixes)


def _from_csv(path: Path, found: Contents, target: str) -> Sample:
    table = parse(path, found.text, target, whole=found.whole)
    header = tuple(table.columns) if table.named else ()
    reading = Reading(pattern(path), "csv", table.delimiter, found.encoding, header)
    columns: dict[str, Column] = {name: [*cells] for name, cells in table.columns.items()}
    return Sample(path.name, reading, columns, table.whole, table.ragged)


def _typed(path: Path, found: Contents) -> Sample:
    records: Records = (
        from_parquet(path)
        if found.format == "parquet"
        else from_json_lines(path, found.text, whole=found.whole)
    )
    return Sample(
        path.name,
        Reading(pattern(path), found.format, encoding=found.encoding),
        records.columns,
        records.whole,
        records.broken,
        records.nested,
        records.fractional,
    )
