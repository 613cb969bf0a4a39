"""Files become few and old ones go; rows, marks and the versions that are named stay."""

import multiprocessing
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from resources.delta_files import Layout
from resources.errors import LakeError
from resources.lake import Lake
from resources.lake_upkeep import compact, purge, tidy, vacuum

RAW = "fraud/raw"
NOW = timedelta(0)
MONTH = timedelta(days=30)
LATE = 10


def rows(number: int) -> pa.Table:
    return pa.table({"number": [number], "who": [f"person-{number}"]})


def commit(lake: Lake, number: int) -> int | None:
    """One more row, in a commit that counts them."""
    table = rows(number)
    marks = {"deliveries": number}
    return lake.commit_behind(RAW, lake.newest(RAW), table.schema, table.to_batches(), marks)


@pytest.fixture
def lake(tmp_path):
    """Six commits of one row and one file each: versions 0 to 5."""
    made = Lake(str(tmp_path / "lake"))
    for number in range(1, 7):
        commit(made, number)
    return made


def numbers(lake: Lake, version: int | None = None) -> list[int]:
    return sorted(lake.read(RAW, version).column("number").to_pylist())


def files(lake: Lake) -> int:
    return len(list(Path(lake.uri(RAW)).glob("*.parquet")))


def test_small_files_become_one_and_the_rows_stay(lake):
    done = tidy(lake, RAW, Layout(), MONTH, ())
    assert (done.files_before, done.files_after, done.bytes_freed) == (6, 1, 0)
    assert numbers(lake) == [1, 2, 3, 4, 5, 6]


def test_rows_are_still_found_by_the_last_of_many_columns(lake):
    """deltalake's own compaction keeps no range of it, and then finds no row at all."""
    for number in range(4):
        wide = pa.table({f"column-{place}": [number] for place in range(40)})
        lake.append("fraud/wide", wide, [f"day-{number}"])
    compact(lake, "fraud/wide", Layout())
    assert lake.read("fraud/wide", where=[("column-39", "=", 2)]).num_rows == 1


def test_rows_keep_their_order_through_a_compaction(lake):
    before = lake.read(RAW).column("number").to_pylist()
    compact(lake, RAW, Layout(group_rows=1))
    assert lake.read(RAW).column("number").to_pylist() == sorted(before)


def test_files_younger_than_the_retention_stay_so_that_readers_come_to_their_end(lake):
    tidy(lake, RAW, Layout(), MONTH, ())
    assert files(lake) == 7
    assert numbers(lake, 2) == [1, 2, 3]


def test_older_files_go_but_for_those_of_a_version_that_is_named(lake):
    done = tidy(lake, RAW, Layout(), NOW, keep={2})
    assert done.versions_kept == (2,)
    assert done.bytes_freed > 0
    assert files(lake) == 4
    assert (numbers(lake), numbers(lake, 2)) == ([1, 2, 3, 4, 5, 6], [1, 2, 3])
    with pytest.raises(LakeError):
        lake.read(RAW, 4)


def test_a_named_version_that_never_was_is_no_obstacle(lake):
    assert tidy(lake, RAW, Layout(), NOW, keep={3, 99}).versions_kept == (3,)


def test_the_second_time_there_is_nothing_to_do_and_the_version_stays(lake):
    tidy(lake, RAW, Layout(), NOW, ())
    version = lake.version(RAW)
    done = tidy(lake, RAW, Layout(), NOW, ())
    assert (done.files_before, done.files_after, done.bytes_freed) == (1, 1, 0)
    assert lake.version(RAW) == version


def test_marks_outlive_compaction_checkpoint_and_vacuum(lake):
    tidy(lake, RAW, Layout(), NOW, ())
    lake.table(RAW).create_checkpoint()
    assert lake.mark(RAW, "deliveries") == 6
    assert commit(lake, 7) == lake.version(RAW)
    assert lake.mark(RAW, "deliveries") == 7


def test_a_commit_behind_a_version_from_before_the_compaction_is_refused(lake):
    behind = lake.version(RAW)
    compact(lake, RAW, Layout())
    assert lake.commit_behind(RAW, behind, rows(7).schema, rows(7).to_batches(), {}) is None
    assert numbers(lake) == [1, 2, 3, 4, 5, 6]


def test_a_fingerprint_outlives_upkeep(tmp_path):
    lake = Lake(str(tmp_path))
    for number in (1, 2):
        lake.overwrite(RAW, rows(number), f"f{number}")
    tidy(lake, RAW, Layout(), NOW, ())
    assert lake.fingerprint(RAW) == "f2"
    purge(lake, RAW)
    assert lake.fingerprint(RAW) is None
    assert numbers(lake) == [2]


def test_what_a_killed_writer_left_goes_once_it_is_old_enough(lake):
    left = Path(lake.uri(RAW)) / "part-0-left.parquet"
    left.write_bytes(b"half a file")
    assert vacuum(lake, RAW, MONTH, untracked=True) == 0
    assert vacuum(lake, RAW, NOW) == 0
    assert vacuum(lake, RAW, NOW, untracked=True) == len(b"half a file")
    assert not left.exists()


def test_the_log_keeps_every_version_through_checkpoints(lake):
    tidy(lake, RAW, Layout(), NOW, keep={0})
    for number in range(7, 12):
        commit(lake, number)
    lake.table(RAW).create_checkpoint()
    assert numbers(lake, 0) == [1]
    configuration = lake.table(RAW).metadata().configuration
    assert configuration["delta.enableExpiredLogCleanup"] == "false"


def test_after_a_purge_no_file_and_no_log_says_what_was_there(lake):
    lake.commit_behind(RAW, 5, rows(9).schema, rows(9).to_batches(), {"forgets": 1}, replace=True)
    purge(lake, RAW)
    whole = b"".join(one.read_bytes() for one in Path(lake.uri(RAW)).rglob("*") if one.is_file())
    assert b"person-9" in whole
    assert b"person-3" not in whole
    assert (numbers(lake), lake.mark(RAW, "deliveries"), lake.mark(RAW, "forgets")) == ([9], 6, 1)


def test_after_a_purge_the_log_is_kept_again(lake):
    purge(lake, RAW)
    configuration = lake.table(RAW).metadata().configuration
    assert configuration["delta.enableExpiredLogCleanup"] == "false"
    first = commit(lake, 7)
    commit(lake, 8)
    lake.table(RAW).create_checkpoint()
    assert numbers(lake, first) == [1, 2, 3, 4, 5, 6, 7]


def append_in_step(root: str, barrier) -> None:
    lake = Lake(root)
    for number in range(LATE, 2 * LATE):
        barrier.wait(60)
        while commit(lake, number) is None:
            pass


def test_appends_while_files_are_merged_lose_nothing_and_repeat_nothing(lake, tmp_path):
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    writer = spawn.Process(target=append_in_step, args=(str(tmp_path / "lake"), barrier))
    writer.start()
    for _ in range(LATE):
        barrier.wait(60)
        compact(lake, RAW, Layout())
    writer.join()
    assert writer.exitcode == 0
    assert numbers(lake) == [1, 2, 3, 4, 5, 6, *range(LATE, 2 * LATE)]
    assert lake.mark(RAW, "deliveries") == 2 * LATE - 1
