import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pyarrow as pa
import pytest

from resources.delta_files import Layout, TableFiles
from resources.errors import LakeRefused
from resources.lake import Lake

NAME = "fraud/cleaned"
SCHEMA = pa.schema([("row", pa.int64()), ("text", pa.string())])


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path / "lake"))


def batch(*rows):
    columns = {"row": list(rows), "text": [str(row) for row in rows]}
    return pa.RecordBatch.from_pydict(columns, SCHEMA)


def rows(lake, version=None):
    return sorted(lake.read(NAME, version).column("row").to_pylist())


def commit(lake, behind, *numbers, marks=None, **options):
    return lake.commit_behind(NAME, behind, SCHEMA, [batch(*numbers)], marks or {}, **options)


def test_a_commit_behind_nothing_makes_the_table(lake):
    assert lake.newest(NAME) is None
    assert commit(lake, None, 1, 2) == lake.newest(NAME) == 0
    assert rows(lake) == [1, 2]


def test_a_commit_behind_the_newest_version_appends(lake):
    commit(lake, None, 1)
    assert commit(lake, 0, 2) == 1
    assert rows(lake) == [1, 2]
    assert rows(lake, 0) == [1]


def test_a_commit_may_replace_all_rows_and_columns(lake):
    commit(lake, None, 1)
    other = pa.table({"hour": [5]})
    version = lake.commit_behind(NAME, 0, other.schema, other.to_batches(), {}, replace=True)
    assert version == 1
    assert lake.read(NAME).to_pylist() == [{"hour": 5}]
    assert rows(lake, 0) == [1]


@pytest.mark.parametrize("replace", [True, False])
def test_whoever_looked_at_an_older_version_changes_nothing(lake, replace):
    commit(lake, None, 1)
    commit(lake, 0, 2)
    assert commit(lake, 0, 3, marks={"last": 3}, replace=replace) is None
    assert commit(lake, None, 3, marks={"last": 3}, replace=replace) is None
    assert rows(lake) == [1, 2]
    assert lake.mark(NAME, "last") is None


def files(lake):
    return set(Path(lake.uri(NAME)).glob("*.parquet"))


def test_whoever_was_too_late_leaves_no_file_behind(lake):
    commit(lake, None, 1)
    commit(lake, 0, 2)
    before = files(lake)
    assert commit(lake, 0, 3) is None
    assert files(lake) == before


def test_a_commit_that_landed_though_the_store_said_no_is_known_by_its_files(lake):
    """Its files were removed: the table named rows that were gone."""
    commit(lake, None, 1)
    ours = TableFiles(lake.uri(NAME), {}).write(SCHEMA, [batch(2)], Layout())
    others = TableFiles(lake.uri(NAME), {}).write(SCHEMA, [batch(3)], Layout())
    lake._commit(NAME, 0, SCHEMA, ours, {}, replace=False)
    assert lake.holds(NAME, 1, ours)
    assert not lake.holds(NAME, 1, others)


def test_no_row_at_all_is_a_commit_too(lake):
    assert lake.commit_behind(NAME, None, SCHEMA, [], {"last": 1}) == 0
    assert lake.commit_behind(NAME, 0, SCHEMA, [], {"last": 2}) == 1
    assert (lake.count(NAME), lake.mark(NAME, "last")) == (0, 2)


def test_a_mark_is_the_number_of_the_last_commit_that_set_it(lake):
    commit(lake, None, 1, marks={"last": 7, "generation": 2**62})
    commit(lake, 0, 2, marks={"last": 3})
    assert [lake.mark(NAME, "last", version) for version in (0, 1)] == [7, 3]
    assert lake.mark(NAME, "generation") == 2**62
    assert lake.mark(NAME, "unheard of") is None


def test_a_mark_that_was_asked_for_before_follows_the_commits_of_others(lake, tmp_path):
    commit(lake, None, 1, marks={"last": 1})
    watcher = Lake(str(tmp_path / "lake"))
    assert watcher.mark(NAME, "last") == 1
    commit(lake, 0, 2, marks={"last": 2})
    assert [watcher.mark(NAME, "last"), watcher.mark(NAME, "last", 0)] == [2, 1]


def test_a_mark_outlives_the_rows_that_came_with_it(lake):
    commit(lake, None, 1, marks={"last": 7})
    commit(lake, 0, 2, replace=True)
    assert (rows(lake), lake.mark(NAME, "last")) == ([2], 7)


@pytest.mark.parametrize("behind", [None, 0])
def test_what_the_batches_raise_is_raised_here_and_nothing_is_in_the_table(lake, behind):
    if behind is not None:
        commit(lake, None, 1)

    def batches():
        yield batch(2)
        raise LookupError("no third")

    with pytest.raises(LookupError, match="no third"):
        lake.commit_behind(NAME, behind, SCHEMA, batches(), {"last": 2})
    assert lake.newest(NAME) == behind
    assert behind is None or rows(lake) == [1]


def test_batches_are_taken_as_they_are_written(lake):
    taken, unread = [], iter(range(40))

    def batches():
        for number in unread:
            taken.append(number)
            yield batch(*range(100))
            if number == 20:
                raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        lake.commit_behind(NAME, None, SCHEMA, batches(), {}, layout=Layout(group_rows=50))
    assert taken == list(range(21))


def test_rows_of_another_shape_are_refused(lake):
    commit(lake, None, 1)
    other = pa.table({"hour": [5]})
    with pytest.raises(LakeRefused, match="fraud/cleaned' refused"):
        lake.commit_behind(NAME, 0, other.schema, other.to_batches(), {})
    assert rows(lake) == [1]


def test_large_values_are_written_without_statistics(lake):
    commit(lake, None, 1, layout=Layout(group_rows=1, plain=("text",)))
    (action,) = lake._open(NAME).get_add_actions(flatten=True).to_struct_array().to_pylist()
    assert action["min.row"] == 1
    assert action.get("min.text") is None


def test_some_rows_are_read_at_a_time_and_only_files_that_may_have_them(lake):
    commit(lake, None, 1, 2)
    commit(lake, 0, 3, 4)
    found = list(lake.batches(NAME, 1, ["row"], [("row", ">", 3)]))
    assert [value for one in found for value in one.column("row").to_pylist()] == [4]
    assert {name for one in found for name in one.schema.names} == {"row"}
    every = pa.Table.from_batches(lake.batches(NAME, 1, ["row"]))
    assert sorted(every.column("row").to_pylist()) == [1, 2, 3, 4]


def test_rows_of_an_older_version_are_read_from_it_alone(lake):
    commit(lake, None, 1)
    commit(lake, 0, 2)
    (only,) = lake.batches(NAME, 0, ["row"])
    assert only.column("row").to_pylist() == [1]


def test_the_files_that_may_hold_a_range_are_found_by_their_statistics(lake):
    for behind, numbers in ((None, (1, 5)), (0, (11, 15)), (1, (14, 20))):
        commit(lake, behind, *numbers)
    found = lake.pieces(NAME, 2, "row", 12, 14)
    keys = sorted(read().column("row").to_pylist() for read in found.values())
    assert keys == [[11, 15], [14, 20]]
    assert lake.pieces(NAME, 2, "row", 6, 10) == {}


LONG = "a text that is longer than what the log of a table keeps of it, in every file: "


@pytest.mark.parametrize("value", [LONG + "m", LONG + "\U0010ffff", True, "é", -0.5, 2**62])
def test_a_file_is_found_by_a_value_of_any_type_and_length(lake, value):
    """A file without a range for the column was passed by, whatever was asked for."""
    for behind, row in ((None, 1), (0, 2)):
        table = pa.table({"row": [row], "value": [value]})
        lake.commit_behind(NAME, behind, table.schema, table.to_batches(), {})
    assert lake.read(NAME, where=[("value", "=", value)]).num_rows == 2
    assert len(lake.pieces(NAME, 1, "value", value, value)) == 2


def test_a_path_names_the_same_rows_in_every_version(lake):
    commit(lake, None, 1)
    before = set(lake.pieces(NAME, 0, "row", 0, 9))
    commit(lake, 0, 2)
    assert before < set(lake.pieces(NAME, 1, "row", 0, 9))


def test_a_column_that_is_not_there_is_refused(lake):
    commit(lake, None, 1)
    with pytest.raises(LakeRefused, match="fraud/cleaned' refused"):
        list(lake.batches(NAME, 0, ["hour"]))


def commit_in_step(root: str, barrier: Barrier, writer: int, rounds: int) -> None:
    """Each round both writers have looked at the same version before one of them commits."""
    lake = Lake(root)
    for number in range(rounds):
        behind = lake.newest(NAME)
        barrier.wait(60)
        lake.commit_behind(NAME, behind, SCHEMA, [batch(10 * number + writer)], {"last": number})
        barrier.wait(60)


@pytest.mark.slow
def test_of_two_processes_behind_the_same_version_one_commits(lake, tmp_path):
    spawn, rounds = multiprocessing.get_context("spawn"), 12
    barrier = spawn.Barrier(2)
    arguments = (str(tmp_path / "lake"), barrier)
    writers = [
        spawn.Process(target=commit_in_step, args=(*arguments, writer, rounds))
        for writer in range(2)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert lake.version(NAME) == rounds - 1
    assert [row // 10 for row in rows(lake)] == list(range(rounds))
