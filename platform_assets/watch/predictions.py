"""What the endpoints were asked and answered, a row for each row, from the prediction log.

The columns that begin with an underscore say which request it was, when, what answered and how
long it took; the others are the features. Nothing waits for this table.
"""

from typing import Any

import dagster as dg
import pyarrow.compute as pc

from platform_assets.folder import ModelFolder
from platform_assets.metadata import table_metadata
from platform_assets.watch.landing_log import Landed, land, table
from platform_assets.watch.log_files import refused
from platform_assets.watch.log_rows import LINE, ROW, SEQUENCE, WRITER
from resources.lake import Lake
from resources.settings import Settings

NAME = "predictions"
CHECKS = ("logged_rows_accounted_for", "nothing_logged_twice", "nothing_dropped")
SHOWN = 20


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    name = table(folder.name)

    @folder.asset(NAME, __doc__, {"deltalake"}, checks=CHECKS, blocking=False)
    def predictions(
        lake: dg.ResourceParam[Lake], settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult:
        taken = land(lake, settings.predictions, folder.name)
        return dg.MaterializeResult(
            metadata={**told(taken), **_table(lake, name)},
            check_results=[
                accounted(taken),
                twice(lake, name, taken),
                dropped(taken, refused(settings.predictions, folder.name)),
            ],
        )

    return predictions


def told(taken: Landed) -> dict[str, Any]:
    return {"files": taken.files, "requests": taken.requests, "rows": taken.written}


def accounted(taken: Landed) -> dg.AssetCheckResult:
    """Every row that the files say they hold was written."""
    return dg.AssetCheckResult(
        check_name="logged_rows_accounted_for",
        passed=taken.rows == taken.written,
        metadata={"in_files": taken.rows, "written": taken.written},
    )


def twice(lake: Lake, name: str, taken: Landed) -> dg.AssetCheckResult:
    """No row of a file stands in the table twice, of all writers of which files have landed now."""
    repeated = 0
    if taken.writers:
        where = [(WRITER, "in", sorted(taken.writers))]
        rows = lake.read(name, columns=[WRITER, SEQUENCE, LINE, ROW], where=where)
        places = rows.group_by([WRITER, SEQUENCE, LINE, ROW]).aggregate([([], "count_all")])
        repeated = rows.num_rows - int(pc.count(places[WRITER]).as_py())
    return dg.AssetCheckResult(
        check_name="nothing_logged_twice", passed=not repeated, metadata={"repeated": repeated}
    )


def dropped(taken: Landed, aside: list[str]) -> dg.AssetCheckResult:
    """Nothing that was to be logged is missing: dropped requests, lost or damaged files."""
    reasons = {
        "requests were dropped": taken.dropped,
        "files are gone": len(taken.gone),
        "files cannot be read": len(aside),
    }
    said = [f"{count} {reason}" for reason, count in reasons.items() if count]
    return dg.AssetCheckResult(
        check_name="nothing_dropped",
        passed=not said,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(said) or None,
        metadata={
            "dropped": taken.dropped,
            "gone": list(taken.gone[:SHOWN]),
            "unreadable": aside[:SHOWN],
        },
    )


def _table(lake: Lake, name: str) -> dict[str, Any]:
    version = lake.newest(name)
    if version is None:
        return {}
    return dict(table_metadata(lake.schema(name), lake.count(name), lake.uri(name), version))
