"""Rows of a CSV file: each is taken apart or kept whole as a fault; none is skipped or guessed."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pc

from platform_assets.data.reading.feed import Feed
from platform_assets.data.reading.rows import Fault, Readable, TextRows
from platform_assets.data.reading.utf8 import CHUNK, Utf8, original, unmarked
from platform_assets.errors import FileUnreadable
from platform_assets.spec.source import Source

BLOCK = 4 << 20
RAGGED = "row:columns"


def read_delimited(
    content: Readable, columns: Sequence[str], options: Source
) -> Iterator[TextRows]:
    """See `Reader`."""
    text = Utf8(content, options.encoding, options.quote)
    feed = Feed(text.pieces(), BLOCK)
    names = options.header or _header(bytes(feed.peek()[:CHUNK]), options)
    _require(columns, names)
    faults = _Faults(header=options.header is None)
    # A quote that is never closed swallows the rest of the file into the last value there is.
    last = names[-1] if names.count(names[-1]) == 1 else columns[-1]
    end = ""
    for batch in _batches(feed, list(dict.fromkeys([*columns, last])), options, faults):
        end = (batch.column(last)[-1].as_py() or "") if batch.num_rows else end
        yield faults.beside(pl.DataFrame(pl.from_arrow(batch)).select(columns), text.marked)
    ragged = faults.end()
    if text.quotes % 2 and ("\n" in ragged if ragged else end.endswith("\n")):
        said = f"a value begins with {options.quote} and never ends: {(ragged or end)[:60]!r}"
        raise FileUnreadable("quoting", said)
    if faults.waiting:
        yield faults.beside(pl.DataFrame(schema=dict.fromkeys(columns, pl.String)), text.marked)


def _header(beginning: bytes, options: Source) -> list[str]:
    lines = io.StringIO(beginning.decode(errors="ignore"), newline="")
    try:
        rows = csv.reader(lines, delimiter=options.delimiter, quotechar=options.quote)
        names = next((row for row in rows if row), None)
    except csv.Error as error:
        raise FileUnreadable("header", f"its first line cannot be taken apart ({error})") from error
    if names is None:
        raise FileUnreadable("empty", "it holds no line")
    return names


def _require(columns: Sequence[str], names: Sequence[str]) -> None:
    shown = ", ".join(unmarked(name)[:40] for name in names[:20])
    missing = [name for name in columns if name not in names]
    if missing:
        raise FileUnreadable("columns", f"misses {', '.join(missing[:20])}; it has {shown}")
    twice = [name for name in columns if names.count(name) > 1]
    if twice:
        raise FileUnreadable("columns", f"names {', '.join(twice[:20])} more than once")


@dataclass
class _Faults:
    """The ragged rows met so far, and how many rows of both kinds have been handed on.

    Arrow tells a row's number, counted from 1 with the header, when it parses in one thread.
    """

    header: bool = True
    waiting: list[Fault] = field(default_factory=list)
    given: int = 0
    latest: Fault | None = None

    def met(self, row: pc.InvalidRow) -> str:
        number = row.number - 1 - self.header
        detail = f"expected {row.expected_columns} values, got {row.actual_columns}"
        self.latest = Fault(number, RAGGED, original(row.text), detail)
        self.waiting.append(self.latest)
        return "skip"

    def end(self) -> str:
        """The text of the last row so far, if it is a fault."""
        fault = self.latest
        is_last = fault is not None and fault.number >= self.given - 1
        return fault.original.decode(errors="replace") if fault and is_last else ""

    def beside(self, frame: pl.DataFrame, marked: bool) -> TextRows:
        """Number the rows of `frame` around the faults that stand among them."""
        end = self.given + frame.height
        among: list[Fault] = []
        while self.waiting and (self.waiting[0].number <= end or not frame.height):
            among.append(self.waiting.pop(0))
            end += 1
        numbers = np.arange(self.given, end)
        gaps = np.isin(numbers, [fault.number for fault in among], assume_unique=True)
        self.given = end
        return TextRows(frame, pl.Series(numbers[~gaps]), tuple(among), marked)


def _batches(
    feed: Feed, columns: Sequence[str], options: Source, faults: _Faults
) -> Iterator[pa.RecordBatch]:
    try:
        # It must outlive `few`: at its end it waits for the thread that reads ahead.
        reader = pc.open_csv(
            pa.PythonFile(feed, mode="r"),
            read_options=pc.ReadOptions(
                use_threads=False, block_size=BLOCK, column_names=options.header
            ),
            parse_options=pc.ParseOptions(
                delimiter=options.delimiter,
                quote_char=options.quote,
                newlines_in_values=True,
                invalid_row_handler=faults.met,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                include_columns=list(columns),
                strings_can_be_null=True,
                null_values=options.nulls,
                check_utf8=False,
            ),
        )
        try:
            with feed.few():
                yield from reader
        finally:
            # An error that is kept would keep it too, and with it what was read ahead.
            del reader
    except pa.ArrowInvalid as error:
        raise _unreadable(error) from error


def _unreadable(error: pa.ArrowInvalid) -> FileUnreadable:
    if "straddling" in str(error):
        return FileUnreadable("quoting", f"a row is longer than {BLOCK:,} bytes; is a quote open?")
    return FileUnreadable("csv", str(error).partition("\n")[0])
