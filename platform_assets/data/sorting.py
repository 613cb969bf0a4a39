"""From the bytes of deliveries to good rows and broken rows, a batch at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from platform_assets.data.ahead import ahead
from platform_assets.data.blocks import Delivery, content
from platform_assets.data.contract import (
    DELIVERY,
    DETAIL,
    FILE,
    ORIGINAL,
    ROW,
    RULE,
    Contract,
    Repeated,
    broken_rows,
)
from platform_assets.data.mended import Mends, patched
from platform_assets.data.reading.read import read_rows
from platform_assets.data.reading.rows import Fault, TextRows
from platform_assets.errors import FileUnreadable
from platform_assets.spec.source import Source
from resources.lake import Lake

REFUSED = "delivery:too_many_bad_rows"
OVERTAKEN = "contract:changed"


@dataclass(frozen=True)
class Part:
    """Some rows of one delivery, judged: `clean` and `broken` have the schemas of the tables."""

    delivery: Delivery
    clean: pa.Table
    broken: pa.Table

    @property
    def rows(self) -> int:
        return int(self.clean.num_rows + self.broken.num_rows)


class Reconsider(Exception):
    """Deliveries that must go to quarantine whole, each with the reason; rows came before it."""

    def __init__(self, verdicts: Mapping[int, FileUnreadable | None]) -> None:
        super().__init__(f"deliveries {sorted(verdicts)}")
        self.verdicts = verdicts


@dataclass(frozen=True)
class Sorter:
    """Judges deliveries by one contract, read as the specification says.

    `verdicts` names deliveries that are broken whole: for too many bad rows, or since the file
    cannot be taken apart. `mends` holds the rows whose text is no longer the delivered one.
    """

    lake: Lake
    raw: str
    version: int
    source: Source
    contract: Contract
    verdicts: Mapping[int, FileUnreadable | None] = field(default_factory=dict)
    mends: Mends = field(default_factory=Mends)

    def parts(self, deliveries: Iterable[Delivery], repeated: Repeated | None) -> Iterator[Part]:
        """Every row of the deliveries, in exactly one place.

        Raises
        ------
        Reconsider
            After the last row, if deliveries turned out to be broken whole.
        """
        found: dict[int, FileUnreadable | None] = {}
        for delivery in deliveries:
            rows = bad = 0
            try:
                for part in self.parts_of(delivery, repeated):
                    # What repeats a key of a delivery that goes is no repeat next time.
                    spared = self._repeats(part) if found else 0
                    rows, bad = rows + part.rows, bad + part.broken.num_rows - spared
                    yield part
            except FileUnreadable as error:
                found[delivery.number] = error
                continue
            if bad > self.source.max_quarantined * rows and delivery.number not in self.verdicts:
                found[delivery.number] = None
        if found:
            raise Reconsider(found)

    def parts_of(self, delivery: Delivery, repeated: Repeated | None) -> Iterator[Part]:
        """The rows of one delivery; FileUnreadable, also after the first rows."""
        if delivery.is_withdrawn:
            return
        refused = delivery.number in self.verdicts
        unreadable = self.verdicts.get(delivery.number)
        if unreadable is not None:
            yield self._unreadable(delivery, unreadable)
            return
        for rows in self._read(delivery):
            judged = self.contract.judge(
                rows.text, None if refused else repeated, marked=rows.marked
            )
            rules = judged.rules.fill_null(REFUSED) if refused else judged.rules
            yield self._part(delivery, rows, judged.typed, rules)

    def missing(self, delivery: Delivery, kept: pa.Array) -> Iterator[Part]:
        """The rows of one delivery as they were sorted when the rows `kept` became the clean ones.

        Whatever the contract says by now, each row is where it was or, if it was nowhere, broken.
        """
        if delivery.is_withdrawn:
            return
        if not len(kept) and (error := self._error(delivery)) is not None:
            yield self._unreadable(delivery, error)
            return
        places = pl.Series(pl.from_arrow(kept))
        refused = not len(kept) and self.source.max_quarantined < 1
        otherwise = REFUSED if refused else OVERTAKEN
        if self.contract.key is not None and not refused:
            otherwise = f"duplicate:{self.contract.key}"
        for rows in self._read(delivery):
            judged = self.contract.judge(rows.text, marked=rows.marked)
            rules = judged.rules.fill_null(otherwise).set(rows.numbers.is_in(places), None)
            yield self._part(delivery, rows, judged.typed, rules)

    def _repeats(self, part: Part) -> int:
        rules = part.broken.column(RULE)
        return int(pc.sum(pc.equal(rules, f"duplicate:{self.contract.key}")).as_py() or 0)

    def _error(self, delivery: Delivery) -> FileUnreadable | None:
        try:
            for _ in self._read(delivery):
                pass
        except FileUnreadable as error:
            return error
        return None

    def _read(self, delivery: Delivery) -> Iterator[TextRows]:
        mends = self.mends.of(delivery.number)
        with content(self.lake, self.raw, self.version, delivery) as stream:
            for rows in ahead(read_rows(stream, self.contract.names, self.source)):
                yield patched(rows, mends)

    def _part(
        self, delivery: Delivery, rows: TextRows, typed: pl.DataFrame, rules: pl.Series
    ) -> Part:
        lineage = [_all(DELIVERY, delivery.number, rows.numbers), rows.numbers.alias(ROW)]
        clean = typed.with_columns(*lineage).filter(rules.is_null())
        broken = broken_rows(rows.text, rules, lineage)
        return Part(
            delivery,
            clean.to_arrow().cast(self.contract.clean_schema()),
            pa.concat_tables([self._kept(delivery, broken), self._faults(delivery, rows.faults)]),
        )

    def _kept(self, delivery: Delivery, broken: pl.DataFrame) -> pa.Table:
        named = broken.with_columns(
            pl.lit(delivery.file).alias(FILE),
            pl.lit(None, pl.String).alias(DETAIL),
            pl.lit(None, pl.Binary).alias(ORIGINAL),
        )
        schema = self.contract.broken_schema()
        return named.select(schema.names).to_arrow().cast(schema)

    def _faults(self, delivery: Delivery, faults: Sequence[Fault]) -> pa.Table:
        rows = [
            {
                DELIVERY: delivery.number,
                FILE: delivery.file,
                ROW: fault.number,
                RULE: fault.rule,
                DETAIL: fault.detail,
                ORIGINAL: fault.original,
            }
            for fault in faults
        ]
        return pa.Table.from_pylist(rows, schema=self.contract.broken_schema())

    def _unreadable(self, delivery: Delivery, error: FileUnreadable) -> Part:
        """One row stands for the file; its bytes are in the raw table."""
        fault = Fault(0, error.rule, b"", error.detail)
        nothing = self.contract.clean_schema().empty_table()
        return Part(delivery, nothing, self._faults(delivery, [fault]))


def _all(name: str, value: int, like: pl.Series) -> pl.Series:
    return pl.Series(name, np.full(like.len(), value, dtype=np.int64))
