"""Keeping the clean and the quarantine table in step with the raw one.

Good rows are committed first and decide: whatever is not among them belongs to the quarantine,
which follows. Each table carries the number of the last delivery sorted into it, so whatever a
process that dies leaves (nothing, the good rows alone, both) is finished by the next one.

Both tables carry a generation: what they were judged by. When the contract or the way files are
read changes, when rows are mended or taken out for good, all deliveries are judged anew from their
bytes: simple, and right whatever has changed.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import takewhile

import pyarrow as pa

from platform_assets.data import forgotten, mended
from platform_assets.data.ahead import ahead
from platform_assets.data.blocks import Delivery, delivered
from platform_assets.data.contract import DELIVERY, ROW, Contract
from platform_assets.data.generation import generation
from platform_assets.data.intake import DELIVERIES
from platform_assets.data.mended import Mends
from platform_assets.data.repeats import Files, Repeats
from platform_assets.data.sorting import Part, Reconsider, Sorter
from platform_assets.data.spill import Spill
from platform_assets.folder import ModelFolder
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, Lake

GENERATION, ROWS = "generation", "rows"
GROUP_BYTES = 64 << 20
SAY_SECONDS = 5.0
# As many blocks as make a row group: the next is made while one is written.
AHEAD = 4
Say = Callable[[str], None]


@dataclass(frozen=True)
class Cleaner:
    """Sorts the deliveries of one model."""

    lake: Lake
    folder: ModelFolder
    say: Say

    @cached_property
    def contract(self) -> Contract:
        spec = self.folder.spec
        return Contract.of(self.folder.contract, spec.id, trim=spec.source.trim)

    @cached_property
    def mends(self) -> Mends:
        return mended.read(self.lake, self.folder.name, self.contract.names)

    @cached_property
    def generation(self) -> int:
        edits = (self.mends.number, self.mends.forgets)
        return generation(self.folder, self.contract, edits)

    def table(self, name: str) -> str:
        """The name in the lake of `raw`, `cleaned` or `quarantine`."""
        return f"{self.folder.name}/{name}"

    def run(self) -> None:
        """Sort every delivery of the raw table that is not sorted yet.

        Where rows are mended or taken out meanwhile, it begins again with what there is then: what
        was taken out must not come back.

        Raises
        ------
        ConcurrentWrite
            If other writers keep winning.
        """
        raw = self.lake.version(self.table("raw"))
        lost = 0
        while lost < ATTEMPTS:
            behind = self.lake.newest(self.table("cleaned"))
            if self._overtaken(raw):
                replace(self).run()
                return
            self._complete_quarantine(raw)
            group = self._group(raw, behind)
            if not group:
                return
            lost = 0 if self._sort(raw, behind, group) else lost + 1
        raise ConcurrentWrite(self.lake.uri(self.table("cleaned")), ATTEMPTS)

    def _overtaken(self, raw: int) -> bool:
        """Whether the mends at hand are not those of now, or not those of this raw version."""
        lake, model = self.lake, self.folder.name
        taken_out = {forgotten.number(lake, model, at) for at in (raw, None)}
        return mended.number(lake, model) != self.mends.number or taken_out != {self.mends.forgets}

    def position(self, name: str, version: int | None) -> int:
        """The last delivery in a table of this generation; 0 if there is none."""
        table = self.table(name)
        if version is None or self.lake.mark(table, GENERATION, version) != self.generation:
            return 0
        return self.lake.mark(table, DELIVERIES, version) or 0

    def _group(self, raw: int, behind: int | None) -> list[Delivery]:
        """The deliveries of the next commit: all that follow, but no more than fit one commit."""
        position = self.position("cleaned", behind)
        due = delivered(self.lake, self.table("raw"), raw, after=position)
        anew = behind is not None and position == 0
        return due if anew else first_of(due, GROUP_BYTES)

    def _sort(self, raw: int, behind: int | None, group: Sequence[Delivery]) -> bool:
        """Commit the good rows, then the others; False if another writer was faster."""
        sorter = self._sorter(raw)
        replace_all = group[0].number == 1
        self.say(f"sorting {len(group)} deliveries, {sum(one.size for one in group):,} bytes")
        while True:
            with (
                Spill(self.contract.broken_schema()) as spill,
                Repeats(self._files(behind, replace_all)) as repeats,
            ):
                tally = _Tally(spill, self.say)
                parts = sorter.parts(group, repeats)
                try:
                    version = self.lake.commit_behind(
                        self.table("cleaned"),
                        behind,
                        self.contract.clean_schema(),
                        ahead(tally.clean(parts), AHEAD),
                        {DELIVERIES: group[-1].number, GENERATION: self.generation},
                        replace=replace_all,
                    )
                except Reconsider as found:
                    sorter = replace(sorter, verdicts={**sorter.verdicts, **found.verdicts})
                    continue
                if version is not None:
                    self._quarantine(spill, group, tally.rows)
                return version is not None

    def _quarantine(self, spill: Spill, group: Sequence[Delivery], rows: int) -> None:
        """Add what was set aside, unless another process has done so, or judged anew, already."""
        table, first = self.table("quarantine"), group[0].number
        clean = self.position("cleaned", self.lake.newest(self.table("cleaned")))
        if clean < group[-1].number:
            return
        behind = self.lake.newest(table)
        if self.position("quarantine", behind) != first - 1:
            return
        before = 0 if first == 1 or behind is None else self.lake.mark(table, ROWS, behind) or 0
        marks = {
            DELIVERIES: group[-1].number,
            GENERATION: self.generation,
            ROWS: before + rows,
        }
        schema = self.contract.broken_schema()
        self.lake.commit_behind(table, behind, schema, spill.batches(), marks, replace=first == 1)

    def _complete_quarantine(self, raw: int) -> None:
        """What a process left undone that died after the good rows."""
        clean, bad = (self.lake.newest(self.table(name)) for name in ("cleaned", "quarantine"))
        first, last = (self.position("quarantine", bad), self.position("cleaned", clean))
        if clean is None or first >= last:
            return
        self.say(f"completing the quarantine of deliveries {first + 1} to {last}")
        due = delivered(self.lake, self.table("raw"), raw, after=first)
        group = list(takewhile(lambda one: one.number <= last, due))
        if not group:  # Whoever sorted them knows a newer version of raw.
            return
        sorter = self._sorter(raw)
        with Spill(self.contract.broken_schema()) as spill:
            tally = _Tally(spill, self.say)
            for delivery in group:
                kept = self._kept(clean, delivery)
                for _ in tally.clean(sorter.missing(delivery, kept)):
                    pass
            self._quarantine(spill, group, tally.rows)

    def _kept(self, version: int, delivery: Delivery) -> pa.Array:
        where = [(DELIVERY, "=", delivery.number)]
        rows = self.lake.read(self.table("cleaned"), version, [ROW], where)
        return rows.column(0).combine_chunks()

    def _files(self, behind: int | None, replace_all: bool) -> Files | None:
        """Where keys of earlier deliveries are found; nowhere if there are none."""
        key = self.contract.key
        if key is None or behind is None or replace_all:
            return None
        return partial(self.lake.pieces, self.table("cleaned"), behind, key)

    def _sorter(self, raw: int) -> Sorter:
        reading = self.folder.spec.source.reading
        return Sorter(self.lake, self.table("raw"), raw, reading, self.contract, mends=self.mends)


@dataclass
class _Tally:
    """Counts rows as they pass, and sets the broken ones aside."""

    spill: Spill
    say: Say
    rows: int = 0

    def clean(self, parts: Iterator[Part]) -> Iterator[pa.RecordBatch]:
        said = time.monotonic()
        for part in parts:
            self.rows += part.rows
            self.spill.add(part.broken)
            yield from part.clean.to_batches()
            if time.monotonic() - said > SAY_SECONDS:
                said = time.monotonic()
                self.say(f"{self.rows:,} rows so far, in {part.delivery.file}")


def first_of(deliveries: Sequence[Delivery], most: int) -> list[Delivery]:
    """The first deliveries that have at most so many bytes together; at least one, if any."""
    total, found = 0, list[Delivery]()
    for delivery in deliveries:
        total += delivery.size
        if found and total > most:
            break
        found.append(delivery)
    return found
