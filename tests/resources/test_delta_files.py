import json
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resources import delta_files
from resources.delta_files import Layout, TableFiles, encoded

ROWS = 1_000
BEGIN = datetime.fromisoformat("2026-03-01")
TABLE = pa.table(
    {
        "id": [f"o{number}" for number in range(ROWS)],
        "place": range(ROWS),
        "time": [BEGIN + timedelta(seconds=number) for number in range(ROWS)],
        "score": [number / 7 for number in range(ROWS)],
        "channel": ["web", "shop"] * (ROWS // 2),
        "gaps": pa.nulls(ROWS, pa.int64()),
    }
)


def written(folder, *tables: pa.Table) -> pa.Table:
    """What readers find in the files of the tables' rows."""
    files = TableFiles(str(folder), {})
    batches = (batch for table in tables for batch in table.to_batches())
    added = files.write(TABLE.schema, batches, Layout(group_rows=ROWS))
    return pa.concat_tables(pq.read_table(folder / one.path) for one in added)


def test_dictionaries_are_for_columns_whose_values_repeat():
    dictionaries, _ = encoded(TABLE)
    assert dictionaries == ["channel", "gaps"]


def test_whole_numbers_and_times_that_hardly_repeat_are_packed():
    _, encodings = encoded(TABLE)
    assert encodings == dict.fromkeys(["place", "time"], "DELTA_BINARY_PACKED")


def test_no_rows_have_an_encoding_too():
    assert encoded(TABLE.slice(0, 0)) == (TABLE.column_names, {})


def test_rows_are_read_as_they_were_written_in_every_encoding(tmp_path):
    assert written(tmp_path, TABLE).equals(TABLE)


def test_later_rows_that_the_encoding_does_not_suit_are_kept_all_the_same(tmp_path):
    last = TABLE.take([3, 1] * (ROWS // 2))
    assert written(tmp_path, TABLE, last).equals(pa.concat_tables([TABLE, last]))


def test_several_writers_share_the_rows_in_turn(tmp_path):
    batches = TABLE.to_batches(max_chunksize=100)
    layout = Layout(group_rows=100, writers=2)
    added = TableFiles(str(tmp_path), {}).write(TABLE.schema, batches, layout)
    first, second = (pq.read_table(tmp_path / one.path)["place"].to_pylist() for one in added)
    assert first == [place for place in range(ROWS) if place // 100 % 2 == 0]
    assert sorted(first + second) == list(range(ROWS))


@pytest.mark.parametrize("writers", [1, 2])
def test_rows_that_break_off_leave_no_file_that_was_whole(tmp_path, monkeypatch, writers):
    monkeypatch.setattr(delta_files, "FILE_BYTES", 1)

    def batches():
        yield from TABLE.to_batches(max_chunksize=100)
        raise OSError("the source broke")

    layout = Layout(group_rows=100, writers=writers)
    with pytest.raises(OSError, match="the source broke"):
        TableFiles(str(tmp_path), {}).write(TABLE.schema, batches(), layout)
    assert len(list(tmp_path.glob("*.parquet"))) == 0


def test_little_stays_in_one_file():
    assert [Layout().for_bytes(size).writers for size in (0, 1 << 20, 1 << 30)] == [1, 1, 2]


def test_the_same_rows_are_the_same_bytes(tmp_path):
    kept = {
        path.read_bytes()
        for name in ("one", "other")
        if written(tmp_path / name, TABLE).num_rows
        for path in (tmp_path / name).glob("*.parquet")
    }
    assert len(kept) == 1


def test_lists_and_structures_are_kept_and_have_no_statistics(tmp_path):
    """A part of a structure was taken for a column of its name, or for none that there is."""
    rows = pa.table(
        {
            "place": [1, 2],
            "size": [{"place": 8, "wide": 1.5}, {"place": 9, "wide": 2.5}],
            "tags": [["a"], ["b", "c"]],
            "said": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
        }
    )
    (file,) = TableFiles(str(tmp_path), {}).write(rows.schema, rows.to_batches(), Layout())
    stats = json.loads(file.stats)
    assert (stats["minValues"], stats["maxValues"]) == ({"place": 1}, {"place": 2})
    assert pq.read_table(tmp_path / file.path).equals(rows)
