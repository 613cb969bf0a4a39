import multiprocessing
import subprocess
import sys
from multiprocessing.synchronize import Barrier

import pyarrow as pa
import pytest

from resources.errors import LakeRefused, PartlyLanded, TableMissing
from resources.lake import Lake
from tests.support.lakes import lake_at

RAW = "fraud/raw"
ROWS = 3


def rows_of(delivery: str) -> pa.Table:
    return pa.table({"delivery": [delivery] * ROWS, "amount": [1.0, 2.0, None]})


def test_an_append_lands_its_rows_and_names_its_deliveries(lake):
    assert lake.append(RAW, rows_of("monday"), ["monday"]) == 0
    assert lake.append(RAW, rows_of("tuesday"), ["tuesday"]) == 1
    assert lake.counts(RAW, "delivery") == {"monday": ROWS, "tuesday": ROWS}
    assert lake.landed(RAW, ["monday", "tuesday", "sunday"]) == {"monday", "tuesday"}


def test_the_same_delivery_twice_changes_nothing(lake):
    first = lake.append(RAW, rows_of("monday"), ["monday"])
    assert lake.append(RAW, rows_of("monday"), ["monday"]) == first
    assert lake.version(RAW) == first
    assert lake.count(RAW) == ROWS


def test_several_deliveries_land_in_one_commit(lake):
    both = pa.concat_tables([rows_of("monday"), rows_of("tuesday")])
    assert lake.append(RAW, both, ["monday", "tuesday"]) == 0
    assert lake.append(RAW, both, ["tuesday", "monday"]) == 0
    assert lake.count(RAW) == 2 * ROWS


def test_a_delivery_without_rows_is_remembered(lake):
    lake.append(RAW, rows_of("monday"), ["monday"])
    lake.append(RAW, rows_of("empty").slice(0, 0), ["empty"])
    assert lake.landed(RAW, ["empty"]) == {"empty"}
    assert lake.count(RAW) == ROWS


def test_deliveries_of_which_a_part_has_landed_are_refused_as_a_whole(lake):
    lake.append(RAW, rows_of("monday"), ["monday"])
    both = pa.concat_tables([rows_of("monday"), rows_of("tuesday")])
    with pytest.raises(PartlyLanded, match="has 1 of these deliveries already: monday; append"):
        lake.append(RAW, both, ["monday", "tuesday"])
    assert lake.counts(RAW, "delivery") == {"monday": ROWS}


def test_rows_that_do_not_fit_the_table_are_refused_and_the_delivery_has_not_landed(lake):
    lake.append(RAW, rows_of("monday"), ["monday"])
    with pytest.raises(LakeRefused, match=r"fraud/raw' refused: it has .*amount.*, got "):
        lake.append(RAW, pa.table({"delivery": ["tuesday"]}), ["tuesday"])
    assert lake.landed(RAW, ["tuesday"]) == set()
    assert lake.count(RAW) == ROWS


def test_columns_are_matched_by_name_whatever_their_order(lake):
    lake.append(RAW, rows_of("monday"), ["monday"])
    lake.append(RAW, rows_of("tuesday").select(["amount", "delivery"]), ["tuesday"])
    assert lake.counts(RAW, "delivery") == {"monday": ROWS, "tuesday": ROWS}


@pytest.mark.parametrize(
    "ask",
    [
        lambda lake: lake.version(RAW),
        lambda lake: lake.read(RAW),
        lambda lake: lake.count(RAW),
        lambda lake: lake.schema(RAW),
        lambda lake: lake.table_id(RAW),
        lambda lake: lake.fingerprint(RAW),
    ],
)
def test_a_table_that_was_never_written_is_missing(lake, ask):
    with pytest.raises(TableMissing, match="fraud/raw'; materialize the asset that writes it"):
        ask(lake)


def test_whether_a_table_exists_can_be_asked(lake):
    assert not lake.exists(RAW)
    assert lake.landed(RAW, ["monday"]) == set()
    lake.append(RAW, rows_of("monday"), ["monday"])
    assert lake.exists(RAW)


def test_an_older_version_can_be_read_and_a_version_that_is_not_there_is_refused(lake):
    lake.append(RAW, rows_of("monday"), ["monday"])
    lake.append(RAW, rows_of("tuesday"), ["tuesday"])
    assert lake.read(RAW, version=0).num_rows == lake.count(RAW, version=0) == ROWS
    with pytest.raises(LakeRefused, match="fraud/raw' refused"):
        lake.read(RAW, version=7)


def test_columns_and_rows_can_be_chosen(lake):
    lake.append(RAW, rows_of("monday"), ["monday"])
    chosen = lake.read(RAW, columns=["amount"], where=[("amount", ">", 1.0)])
    assert chosen.to_pylist() == [{"amount": 2.0}]
    with pytest.raises(LakeRefused, match=r"No match for FieldRef.Name\(hour\)"):
        lake.read(RAW, columns=["hour"])


def test_a_table_keeps_its_id_and_shares_it_with_no_other(lake):
    lake.append(RAW, rows_of("monday"), ["monday"])
    first = lake.table_id(RAW)
    lake.append(RAW, rows_of("tuesday"), ["tuesday"])
    lake.append("iris/raw", rows_of("monday"), ["monday"])
    assert lake.table_id(RAW) == first
    assert lake.table_id("iris/raw") != first


def test_overwriting_with_the_same_fingerprint_changes_nothing(lake):
    assert lake.overwrite(RAW, rows_of("monday"), "f1") == 0
    assert lake.overwrite(RAW, rows_of("monday"), "f1") == 0
    assert lake.fingerprint(RAW) == "f1"


def test_overwriting_with_another_fingerprint_replaces_rows_and_columns(lake):
    lake.overwrite(RAW, rows_of("monday"), "f1")
    assert lake.overwrite(RAW, pa.table({"hour": [5]}), "f2") == 1
    assert lake.read(RAW).to_pylist() == [{"hour": 5}]
    assert lake.schema(RAW).names == ["hour"]
    assert lake.read(RAW, version=0).num_rows == ROWS


def test_an_append_ends_what_the_fingerprint_said(lake):
    lake.overwrite(RAW, rows_of("monday"), "f1")
    lake.append(RAW, rows_of("tuesday"), ["tuesday"])
    assert lake.fingerprint(RAW) is None
    assert lake.overwrite(RAW, rows_of("monday"), "f1") == 2
    assert lake.count(RAW) == ROWS


def test_a_damaged_log_is_refused_in_one_line(tmp_path):
    log = tmp_path / "lake" / RAW / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").write_text("no JSON")
    with pytest.raises(LakeRefused, match=r"fraud/raw' refused: [^\n]*$"):
        Lake(str(tmp_path / "lake")).read(RAW)


def append_in_step(root: str, barrier: Barrier, deliveries: list[str]) -> None:
    lake = lake_at(root)
    for delivery in deliveries:
        barrier.wait(60)
        lake.append(RAW, rows_of(delivery), [delivery])


def test_two_processes_that_append_the_same_deliveries_at_once_land_each_once(lake, root):
    deliveries = [f"day-{number}" for number in range(12)]
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    arguments = (root, barrier, deliveries)
    writers = [spawn.Process(target=append_in_step, args=arguments) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert lake.counts(RAW, "delivery") == dict.fromkeys(deliveries, ROWS)
    assert lake.version(RAW) == len(deliveries) - 1


def test_two_processes_that_append_different_deliveries_at_once_lose_none(lake, root):
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    each = [[f"{writer}-{number}" for number in range(8)] for writer in "ab"]
    writers = [
        spawn.Process(target=append_in_step, args=(root, barrier, deliveries))
        for deliveries in each
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert lake.counts(RAW, "delivery") == dict.fromkeys([*each[0], *each[1]], ROWS)


APPEND_FOR_EVER = """
import itertools, sys
from tests.resources.test_lake import RAW, rows_of
from tests.support.lakes import lake_at
lake = lake_at(sys.argv[1])
for number in itertools.count():
    print(f"day-{number}", flush=True)
    lake.append(RAW, rows_of(f"day-{number}"), [f"day-{number}"])
"""


@pytest.mark.parametrize("started", [1, 2, 7])
def test_a_writer_killed_in_the_middle_leaves_each_delivery_there_once_or_not_at_all(
    lake, root, started
):
    command = [sys.executable, "-c", APPEND_FOR_EVER, root]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        begun = [writer.stdout.readline().strip() for _ in range(started)]
        writer.kill()
        begun += writer.stdout.read().split()
    counts = lake.counts(RAW, "delivery") if lake.exists(RAW) else {}
    assert counts == dict.fromkeys(lake.landed(RAW, begun), ROWS)
    assert set(begun[:-1]) <= set(counts)
    for delivery in begun:
        lake.append(RAW, rows_of(delivery), [delivery])
    assert lake.counts(RAW, "delivery") == dict.fromkeys(begun, ROWS)
