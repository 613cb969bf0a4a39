"""`slipway quarantine`: see what broke which rule, mend it, and have it judged anew."""

from dataclasses import asdict
from pathlib import Path

import typer

from platform_assets.cli.console import out, print_json, print_table
from platform_assets.cli.folders import cleaner
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.mending import mend
from platform_assets.data.quarantine import Broken, Place, broken, counts, export
from platform_assets.data.withdrawing import look
from platform_assets.data.withdrawing import withdraw as take_out
from platform_assets.wiring import build_lake
from resources.settings import load_settings


def show(
    model: str,
    rule: str | None,
    delivery: str | None,
    limit: int,
    csv: Path | None,
    *,
    as_json: bool,
) -> None:
    """Rules with counts, then rows; with `csv` all rows asked for as a file."""
    lake = build_lake(load_settings())
    sorts, place = cleaner(lake, model), asked(rule, delivery)
    found = counts(lake, sorts.table("quarantine"), place)
    rows = broken(sorts, place, limit)
    written = export(sorts, place, csv) if csv else 0
    if as_json:
        print_json({"rules": found, "rows": [asdict(row) for row in rows]})
        return
    _print(model, found, rows)
    if csv:
        out(f"{written} rows written to {csv}; mend them there, then:")
        out(f"slipway quarantine replay {model} --rows {csv}")


def asked(rule: str | None, delivery: str | None) -> Place:
    """A delivery is named by its number, or by the name of its file."""
    number = int(delivery) if delivery and delivery.isdecimal() else None
    return Place(rule, number, delivery if number is None else None)


def _print(model: str, found: dict[str, int], rows: list[Broken]) -> None:
    if not found:
        out(f"{model}: nothing like that is in quarantine")
        return
    print_table("rules", ("rule", "rows"), found.items())
    columns = ("delivery", "file", "row", "rule", "detail", "value")
    cells = [(one.delivery, one.file, one.row, one.rule, one.detail, one.value) for one in rows]
    print_table(f"{len(rows)} of {sum(found.values())} rows", columns, cells)


def replay(model: str, rows: Path | None) -> None:
    """Bring the tables in step with contract, `defs.yaml` and mends; say what changed.

    Raises
    ------
    MendRefused
        If `rows` names what is not there to mend.
    """
    lake = build_lake(load_settings())
    sorts = cleaner(lake, model)
    before, clean = counts(lake, sorts.table("quarantine")), _clean(sorts)
    sorts.run()
    if rows is not None:
        out(f"{mend(sorts, rows)} mended rows taken in")
        cleaner(lake, model).run()
    after = counts(lake, sorts.table("quarantine"))
    if after == before and _clean(sorts) == clean:
        out(f"{model}: judged by the same contract, defs.yaml and rows as before: nothing changed")
        return
    rules = sorted({*before, *after}, key=lambda rule: (-before.get(rule, 0), rule))
    print_table(
        "rows in quarantine",
        ("rule", "before", "after"),
        [(rule, before.get(rule, 0), after.get(rule, 0)) for rule in rules],
    )
    out(f"clean rows: {clean} before, {_clean(sorts)} after; train on them: slipway run {model}")


def withdraw(model: str, delivery: str, *, yes: bool) -> None:
    """Say what goes with a delivery, ask, and take it out.

    Raises
    ------
    WithdrawalRefused
        If it is not there, or gone already.
    """
    sorts = cleaner(build_lake(load_settings()), model)
    found = look(sorts, delivery)
    one = found.delivery
    out(f"delivery {one.number} ({one.file}, {one.size:,} bytes, sha256 {one.digest[:12]}):")
    out(f"{found.clean} clean rows and {found.bad} in quarantine go, and all else is judged anew")
    if not yes:
        typer.confirm("Withdraw this delivery?", abort=True)
    take_out(sorts, delivery)
    out(f"withdrawn; the name {one.file!r} stays taken: deliver the file, or a mended one, anew "
        "under another")  # fmt: skip
    if found.clean:
        out(f"models trained on these rows stay what they are; train anew: slipway run {model}")


def _clean(sorts: Cleaner) -> int:
    name = sorts.table("cleaned")
    return sorts.lake.count(name) if sorts.lake.exists(name) else 0
