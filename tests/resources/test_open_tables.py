from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from resources.open_tables import OpenTables


def grow(uri: Path) -> None:
    write_deltalake(uri, pa.table({"number": [1]}), mode="append")


@pytest.fixture
def uri(tmp_path):
    grow(tmp_path / "table")
    return str(tmp_path / "table")


@pytest.fixture
def tables():
    return OpenTables({})


def test_an_open_table_follows_what_others_write(tables, uri):
    assert tables.newest(uri).version() == 0
    for version in (1, 2):
        grow(uri)
        assert tables.newest(uri).version() == version
        assert tables.newest(uri).count() == version + 1


def test_what_was_read_of_the_log_is_not_read_again(tables, uri):
    grow(uri)
    tables.newest(uri)
    grow(uri)
    (Path(uri) / "_delta_log" / f"{0:020}.json").unlink()
    assert tables.newest(uri).count() == 3
    with pytest.raises(DeltaError, match="No table metadata"):
        DeltaTable(uri)


def test_a_version_is_the_same_whatever_came_after_it(tables, uri):
    tables.newest(uri)
    grow(uri)
    assert tables.at(uri, 0).count() == 1
    assert tables.newest(uri).version() == 1
    assert [tables.at(uri, version).count() for version in (0, 1)] == [1, 2]


def test_a_table_that_is_made_later_is_found(tables, tmp_path):
    place = tmp_path / "later"
    with pytest.raises(TableNotFoundError):
        tables.newest(str(place))
    grow(place)
    assert tables.newest(str(place)).version() == 0


def test_a_table_that_was_made_anew_is_not_taken_for_the_one_before(tables, uri):
    """Its versions count from 0 again, over other rows."""
    before = tables.newest(uri).metadata().id
    Path(uri).rename(f"{uri}-lost")
    for _ in range(2):
        grow(uri)
    assert tables.newest(uri).metadata().id != before
    assert tables.newest(uri).count() == 2


def test_no_thread_changes_the_table_of_another(tables, uri):
    mine = tables.newest(uri)
    grow(uri)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: tables.newest(uri).version()).result() == 1
    assert mine.version() == 0


def marked(uri: str, number: int) -> None:
    told = CommitProperties(app_transactions=[Transaction(app_id="last", version=number)])
    write_deltalake(uri, pa.table({"number": [1]}), mode="append", commit_properties=told)


def test_a_mark_is_that_of_the_version_asked_for(tables, uri):
    assert tables.mark(uri, "last", None) is None
    for number in (7, 8):
        marked(uri, number)
        assert tables.mark(uri, "last", None) == number
    assert [tables.mark(uri, "last", version) for version in (0, 1, 2)] == [None, 7, 8]


def test_a_mark_of_a_table_made_anew_is_not_that_of_the_one_before(tables, uri):
    marked(uri, 7)
    assert tables.mark(uri, "last", 1) == tables.mark(uri, "last", None) == 7
    Path(uri).rename(f"{uri}-lost")
    for number in (1, 2):
        marked(uri, number)
    assert tables.mark(uri, "last", None) == 2
