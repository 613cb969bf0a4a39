"""Taking in rows that a person mended in the file that `slipway quarantine show --csv` wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from platform_assets.data import mended
from platform_assets.data.blocks import delivered
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.contract import DELIVERY, LINEAGE, ROW, RULE
from platform_assets.data.mended import Mends
from platform_assets.data.quarantine import Place, rows_of
from platform_assets.errors import MendRefused
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS

_TEXT, _WAS = "text", "was"


def mend(cleaner: Cleaner, file: Path) -> int:
    """Keep the rows of `file` that differ from what is in quarantine; returns how many.

    A row can be mended again, and the newest mend counts. The same file again changes nothing. The
    rows are judged by the next pass.

    Raises
    ------
    MendRefused
        If the file cannot be read as exported, or names a row that is not in quarantine; nothing is
        kept then.
    ConcurrentWrite
        If other writers keep winning.
    """
    for _ in range(ATTEMPTS):
        before = mended.read(cleaner.lake, cleaner.folder.name, cleaner.contract.names)
        given = read_mends(file, cleaner.contract.names, cleaner.folder.spec.source.nulls)
        if given.is_empty():
            return 0
        fresh = _differing(_Known.of(cleaner, before, given), file, given)
        if fresh.is_empty():
            return 0
        rows = pl.concat([before.rows.join(fresh, on=LINEAGE, how="anti"), fresh])
        if mended.write(cleaner.lake, cleaner.folder.name, before, rows):
            return fresh.height
    raise ConcurrentWrite(cleaner.lake.uri(mended.table(cleaner.folder.name)), ATTEMPTS)


def read_mends(file: Path, names: Sequence[str], nulls: Sequence[str]) -> pl.DataFrame:
    """The rows of an exported file: columns `names` as text, and the lineage."""
    try:
        found = pl.read_csv(file, infer_schema=False, empty_string_is_null=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise MendRefused(
            file, f"it cannot be read ({str(error).partition(chr(10))[0]})"
        ) from error
    _require_columns(file, found.columns, [*LINEAGE, *names])
    places = found.select(pl.col(*LINEAGE).cast(pl.Int64, strict=False))
    wrong = places.select(pl.any_horizontal(pl.all().is_null())).to_series().arg_true()
    if wrong.len():
        got = [found[name][wrong[0]] for name in LINEAGE]
        raise MendRefused(file, f"row {wrong[0] + 1}: got {got} for {list(LINEAGE)}, not numbers")
    text = found.select(names)
    absent = list(nulls) or [""]
    rows = text.select(pl.when(~pl.col(names).is_in(absent)).then(pl.col(names))).hstack(places)
    if rows.select(LINEAGE).is_duplicated().any():
        raise MendRefused(file, "it names a row twice")
    return rows


def _require_columns(file: Path, found: Sequence[str], wanted: Sequence[str]) -> None:
    unknown = [name for name in found if name not in (*wanted, RULE)]
    missing = [name for name in wanted if name not in found]
    if unknown or missing:
        said = [f"{what} {', '.join(names[:20])}" for what, names in
                (("unknown columns", unknown), ("missing columns", missing)) if names]  # fmt: skip
        raise MendRefused(file, "; ".join(said))


@dataclass(frozen=True)
class _Known:
    """The text of each row that can be mended, and its rule if it is in quarantine now."""

    rows: pl.DataFrame
    deliveries: frozenset[int]

    @classmethod
    def of(cls, cleaner: Cleaner, before: Mends, given: pl.DataFrame) -> "_Known":
        lake, names = cleaner.lake, cleaner.contract.names
        raw = cleaner.table("raw")
        numbers = given[DELIVERY].unique().sort()
        broken = [
            rows_of(lake, cleaner.table("quarantine"), Place(delivery=number), [*names, RULE])
            for number in numbers
        ]
        mends = before.rows.join(given, on=LINEAGE, how="semi")
        text = pl.concat([mends, *(one.select(mends.columns) for one in broken)])
        rules = pl.concat([one.select(*LINEAGE, RULE) for one in broken])
        rows = text.unique(LINEAGE, keep="first").join(rules, on=LINEAGE, how="left")
        known = {one.number for one in delivered(lake, raw, lake.version(raw))}
        return cls(rows, frozenset(known))


def _differing(known: _Known, file: Path, given: pl.DataFrame) -> pl.DataFrame:
    """The given rows whose text is new; MendRefused if one of them cannot be mended."""
    strange = sorted(set(given[DELIVERY]) - known.deliveries)
    if strange:
        raise MendRefused(file, f"no delivery has the number {strange[0]}")
    names = [name for name in given.columns if name not in LINEAGE]
    was = known.rows.select(*LINEAGE, RULE, pl.struct(names).alias(_WAS))
    both = given.select(*LINEAGE, pl.struct(names).alias(_TEXT)).join(was, on=LINEAGE, how="left")
    lost = both.filter(pl.col(_WAS).is_null()).sort(LINEAGE)
    if lost.height:
        place = lost.row(0, named=True)
        raise MendRefused(
            file, f"row {place[ROW]} of delivery {place[DELIVERY]} is not in quarantine"
        )
    whole = both.filter(pl.col(RULE).str.starts_with("file:"))
    if whole.height:
        place = whole.row(0, named=True)
        raise MendRefused(
            file, f"delivery {place[DELIVERY]} cannot be taken apart ({place[RULE]}), so it has no "
            "rows to mend: mend `source` in defs.yaml, or deliver it anew"
        )  # fmt: skip
    changed = both.filter(pl.col(_TEXT).ne_missing(pl.col(_WAS)))
    return given.join(changed, on=LINEAGE, how="semi")
