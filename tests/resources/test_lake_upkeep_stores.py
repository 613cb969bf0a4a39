"""What upkeep promises of files in a folder, it keeps on servers that speak S3."""

from datetime import timedelta

import pyarrow as pa
import pytest

from resources.delta_files import Layout
from resources.errors import LakeError
from resources.lake_upkeep import purge, tidy
from tests.support.lakes import stored

RAW = "fraud/raw"


def commit(lake, number, **options):
    """One more row, in a file of its own, by a commit that counts them."""
    table = pa.table({"number": [number], "who": [f"person-{number}"]})
    rows, marks = table.to_batches(), {"deliveries": number}
    return lake.commit_behind(RAW, lake.newest(RAW), table.schema, rows, marks, **options)


def numbers(lake, version=None):
    return sorted(lake.read(RAW, version).column("number").to_pylist())


def test_files_are_merged_and_old_ones_go_but_for_those_of_a_named_version(lake):
    for number in range(4):
        commit(lake, number)
    done = tidy(lake, RAW, Layout(), timedelta(0), keep={1})
    left = [path for path in stored(lake, RAW) if path.startswith("part-")]
    assert (done.files_before, done.files_after, len(left)) == (4, 1, 3)
    assert done.bytes_freed > 0
    assert (numbers(lake), numbers(lake, 1)) == ([0, 1, 2, 3], [0, 1])
    with pytest.raises(LakeError):
        lake.read(RAW, 2)


def test_after_a_purge_no_file_says_what_was_there_and_writing_goes_on(lake):
    for number in (3, 9):
        commit(lake, number, replace=number == 9)
    purge(lake, RAW)
    whole = b"".join(stored(lake, RAW).values())
    assert (b"person-9" in whole, b"person-3" in whole) == (True, False)
    commit(lake, 10)
    assert (numbers(lake), lake.mark(RAW, "deliveries")) == ([9, 10], 10)
