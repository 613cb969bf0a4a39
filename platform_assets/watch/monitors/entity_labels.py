"""Labels that name no request, joined by entity and time to what a version was asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from platform_assets.errors import SpecError
from platform_assets.folder import ModelFolder
from platform_assets.spec import Labels
from platform_assets.watch import log_rows as names
from platform_assets.watch.landing_log import table
from platform_assets.watch.monitors.as_of import TIME, Places, as_of
from platform_assets.watch.traffic import ROW_ID, Traffic, row_ids, without_probes
from resources.lake import Lake

LINE = [names.WRITER, names.SEQUENCE, names.LINE, names.ROW]
"""What names one logged row for good."""


@dataclass(frozen=True)
class ByEntity:
    """Rows with their places in `Traffic.logged`, ascending, each once; and those left out.

    `ambiguous` and `unmatched` count rows from the first to the last moment of the traffic.
    """

    places: Places
    frame: pd.DataFrame
    ambiguous: int = 0
    unmatched: int = 0


@dataclass(frozen=True)
class _Span:
    """Where rows and predictions are sought: from `first` to a tolerance after `last`."""

    first: datetime
    last: datetime
    tolerance: timedelta

    @property
    def end(self) -> datetime:
        return self.last + self.tolerance


def by_entity(lake: Lake, folder: ModelFolder, traffic: Traffic) -> ByEntity:
    """The labelled rows that no request id claims, each with the prediction it is the truth of.

    All that was asked in the environment is compared, whichever version answered and before any is
    drawn by lot, so that a row never falls to an earlier prediction than its own.

    Raises
    ------
    SpecError
        If the table's time column holds no timestamps.
    """
    spec, settings = folder.spec, folder.spec.monitoring.labels
    wanted = [*spec.features, spec.target]
    if settings is None or traffic.logged.empty or not lake.exists(f"{folder.name}/cleaned"):
        return ByEntity(np.empty(0, np.int64), pd.DataFrame(columns=wanted))
    times, tolerance = traffic.logged[names.TIME], timedelta(minutes=settings.tolerance_minutes)
    span = _Span(times.min().to_pydatetime(), times.max().to_pydatetime(), tolerance)
    asked = _asked(lake, folder.name, traffic.environment, settings, span)
    rows = _unclaimed(lake, folder, traffic.environment, span)
    taken = asked[ROW_ID].isin(_claimed(lake, folder, asked)).to_numpy()
    found = as_of(asked, rows, settings.entity, tolerance, taken)
    logged = pd.MultiIndex.from_frame(traffic.logged[LINE].astype({names.ROW: "int64"}))
    joined = pd.MultiIndex.from_frame(asked[LINE].astype({names.ROW: "int64"}).iloc[found.asked])
    places = logged.get_indexer(joined).astype(np.int64)
    order = np.argsort(places, kind="stable")[int((places < 0).sum()) :]
    within = (rows[TIME] <= span.last).to_numpy()
    return ByEntity(
        places[order],
        rows[wanted].iloc[found.rows[order]].reset_index(drop=True),
        int(within[found.ambiguous].sum()),
        int(within[found.unmatched].sum()),
    )


def _asked(lake: Lake, model: str, environment: str, settings: Labels, span: _Span) -> pd.DataFrame:
    """All rows that were scored in a span, with entity, TIME, and what names each."""
    known = lake.schema(table(model)).names
    columns = {name: _columns(name, known) for name in settings.entity}
    plain = [names.REQUEST_ID, names.TIME, names.DIGEST, *LINE]
    found = lake.read(
        table(model),
        columns=[*plain, *(one for several in columns.values() for one in several)],
        where=[
            (names.ENVIRONMENT, "=", environment),
            (names.TIME, ">=", span.first),
            (names.TIME, "<=", span.end),
        ],
    )
    frame = without_probes(found).to_pandas()
    frame = frame[frame[names.ROW].notna()].reset_index(drop=True)
    ids = [row_ids(part) for _, part in frame.groupby(names.DIGEST)]
    frame[ROW_ID] = pd.concat(ids) if ids else ""
    entity = {name: _first(frame, several) for name, several in columns.items()}
    asked: pd.DataFrame = frame.assign(**{TIME: frame[names.TIME], **entity})
    return asked


def _first(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    """The first value of each row that is there."""
    found = pd.Series(None, index=frame.index, dtype=object)
    for name in columns:
        found = found.where(found.notna(), frame[name].astype(object))
    return found


def _columns(name: str, known: list[str]) -> list[str]:
    """Where values of a feature stand, see `log_rows.column_for`: that of its type first."""
    apart = [f"{name}__{kind}" for kind in ("float", "integer", "boolean", "string")]
    return [one for one in [*apart, name] if one in known]


def _unclaimed(lake: Lake, folder: ModelFolder, environment: str, span: _Span) -> pd.DataFrame:
    """The delivered rows of a span that have a label, and no id of a logged request."""
    spec, cleaned = folder.spec, f"{folder.name}/cleaned"
    time = str(spec.time)
    kind = lake.schema(cleaned).field(time).type
    if not pa.types.is_timestamp(kind):
        raise SpecError(
            f"monitoring.labels: the column {time!r} of {cleaned} is of type {kind}, expected a "
            "timestamp; declare it as one in the contract"
        )
    low, high = (one if kind.tz else one.replace(tzinfo=None) for one in (span.first, span.end))
    columns = dict.fromkeys([*([spec.id] if spec.id else []), time, *spec.features, spec.target])
    found = lake.read(cleaned, columns=list(columns), where=[(time, ">=", low), (time, "<=", high)])
    delivered = found.to_pandas()
    rows: pd.DataFrame = delivered[delivered[spec.target].notna()].reset_index(drop=True)
    rows[TIME] = pd.to_datetime(rows[time], utc=True)
    if spec.id is None or rows.empty:
        return rows
    ids = rows[spec.id].astype(str)
    requests = ids.str.replace(r"/\d+$", "", regex=True)
    sought = sorted({*ids, *requests})
    where = [(names.ENVIRONMENT, "=", environment), (names.REQUEST_ID, "in", sought)]
    logged = lake.read(table(folder.name), columns=[names.REQUEST_ID], where=where)
    claimed = set(logged[names.REQUEST_ID].to_pylist())
    unclaimed: pd.DataFrame = rows[~(ids.isin(claimed) | requests.isin(claimed))]
    return unclaimed.reset_index(drop=True)


def _claimed(lake: Lake, folder: ModelFolder, asked: pd.DataFrame) -> set[str]:
    """The names of logged rows that are the id of a delivered one."""
    spec, cleaned = folder.spec, f"{folder.name}/cleaned"
    if spec.id is None:
        return set()
    ids = sorted(set(asked[ROW_ID]))
    numbers = pa.types.is_integer(lake.schema(cleaned).field(spec.id).type)
    sought = {int(one) if numbers else one: one for one in ids if not numbers or one.isdecimal()}
    if not sought:
        return set()
    found = lake.read(cleaned, columns=[spec.id], where=[(spec.id, "in", list(sought))])
    return {sought[one] for one in found[spec.id].to_pylist()}
