"""The training set's table and the record of its holdout, which stand in one commit.

So a process that dies leaves either both or none, and the same inputs give the same version.
"""

import json
from dataclasses import asdict, dataclass

import pandas as pd
import pyarrow as pa

from platform_assets.data.contract import LINEAGE
from platform_assets.folder import ModelFolder
from platform_assets.identity import fingerprint
from platform_assets.ml.holdout import HOLDOUT, Before, divide, held_and_learned
from platform_assets.model.rows import PART
from platform_assets.model.seen import TRAINING_SET
from resources.errors import LakeError
from resources.lake import Lake
from resources.registry import Registry

RULES = 2
"""Goes up when the same rows and settings are divided in another way."""
RECORD = "slipway.holdout"


@dataclass(frozen=True)
class Record:
    """What the table says of its holdout: which one it is, counted from 0, and why it is another.

    `settings` names how rows were divided, `champion` the bundle that stood then, if any.
    """

    settings: str
    number: int
    reason: str
    champion: str | None


@dataclass(frozen=True)
class Holdout:
    """A holdout that stands: its record, and the table version it stands since."""

    record: Record
    since: int


def table_name(folder: ModelFolder) -> str:
    return f"{folder.name}/training_set"


def settle(
    lake: Lake, folder: ModelFolder, cleaned: int, champion: str | None, asked: str = ""
) -> int:
    """Write the training set of one version of `cleaned`; returns the table's version.

    While a champion stands the holdout is kept, see `platform_assets.ml.holdout.divide`; `asked` is
    a person's reason to renew it. If the table is this set already, nothing is written.
    """
    name, stands = table_name(folder), standing(lake, folder)
    number = stands.record.number if stands else 0
    if not asked and stands and lake.fingerprint(name) == set_fingerprint(folder, cleaned, number):
        return lake.version(name)
    rows = known_rows(folder, lake.read(f"{folder.name}/cleaned", version=cleaned).to_pandas())
    before = _before(lake, name) if stands else None
    found = divide(rows, folder.spec, before, _anew(folder, stands, champion), asked)
    record = stands.record if stands else None
    if record is None or found.renewed:
        number = number + 1 if stands else 0
        record = Record(settings_of(folder), number, found.renewed, champion)
    table = pa.Table.from_pandas(rows.assign(**{PART: found.parts}), preserve_index=False)
    told = {RECORD: json.dumps(asdict(record))}
    return lake.overwrite(name, table, set_fingerprint(folder, cleaned, number), told)


def standing(lake: Lake, folder: ModelFolder) -> Holdout | None:
    """The holdout of the newest table; None if there is no table, or it does not say."""
    name = table_name(folder)
    found = lake.told(name, RECORD) if lake.exists(name) else []
    if not found:
        return None
    record = Record(**json.loads(found[0][1]))
    same = [version for version, text in found if json.loads(text)["number"] == record.number]
    return Holdout(record, min(same))


def settings_of(folder: ModelFolder) -> str:
    """Changes with the columns and with the way rows are split; with either, all is cut anew."""
    spec = folder.spec
    return fingerprint(
        rules=RULES,
        split=spec.split.model_dump(mode="json", exclude={"renew_at", "validation"}),
        columns=list(folder.contract.columns),
        target=spec.target,
        time=spec.time,
        id=spec.id,
    )


def set_fingerprint(folder: ModelFolder, cleaned: int, holdout: int = 0) -> str:
    """Changes with the rows, with the settings and with each renewed holdout."""
    return fingerprint(cleaned=cleaned, settings=settings_of(folder), holdout=holdout)


def known_rows(folder: ModelFolder, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of `cleaned` with a known target, without where they came from."""
    return frame[frame[folder.spec.target].notna()].drop(columns=list(LINEAGE))


def learned_by(lake: Lake, registry: Registry, folder: ModelFolder, champion: str) -> int | str:
    """How many rows of the present holdout the champion learned from; `unknown` if none can say."""
    version = registry.find_version(folder.name, champion)
    if version is None or TRAINING_SET not in version.tags:
        return "unknown"
    name, then = table_name(folder), int(version.tags[TRAINING_SET])
    try:
        learned = lake.read(name, version=then, where=[(PART, "=", "train")]).to_pandas()
    except LakeError:
        return "unknown"
    held = lake.read(name, where=[(PART, "=", HOLDOUT)]).to_pandas()
    return held_and_learned(held.drop(columns=[PART]), learned.drop(columns=[PART]))


def _anew(folder: ModelFolder, stands: Holdout | None, champion: str | None) -> str:
    if stands is None:
        return "the table does not say how it was divided"
    if champion is None:
        return "no champion stands"
    if stands.record.settings != settings_of(folder):
        return "the columns, or how rows are split, changed"
    return ""


def _before(lake: Lake, name: str) -> Before:
    table = lake.read(name).to_pandas()
    return Before(table.drop(columns=[PART]), table[PART].to_numpy(dtype=object))
