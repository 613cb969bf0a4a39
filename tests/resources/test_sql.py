import sqlite3
import tracemalloc
from contextlib import closing

import pytest
from pydantic import SecretStr

from resources.errors import SqlRefused
from resources.sql import Database, Relation

EVENTS = Relation(table="events")
MANY = """
insert into events
with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)
select i, hex(randomblob(50)) from n
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a b?.db"


@pytest.fixture
def database(file):
    fill(file, "create table events (id integer, note)")
    return Database(SecretStr(f"sqlite:///{str(file).replace('?', '%3F')}"))


def fill(file, *statements):
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def refusal(address, relation=EVENTS):
    with (
        pytest.raises(SqlRefused) as found,
        Database(SecretStr(address)).reading(relation, "id") as rows,
    ):
        list(rows.between(None, 1))
    return found.value


@pytest.mark.parametrize(
    "address",
    ["secret", "secret://user:secret@host/db", "postgresql://user:secret@host:secret/db", ""],
)
def test_an_address_that_cannot_be_understood_is_not_repeated(address):
    error = refusal(address)
    assert "its address cannot be understood; expected dialect://user:password" in str(error)
    assert "secret" not in str(error)
    assert error.__suppress_context__


def test_a_driver_that_is_not_installed_is_named():
    error = refusal("mysql+pymysql://user:secret@127.0.0.1/db")
    assert str(error) == "its driver is not installed: No module named 'pymysql'"


def test_a_server_that_does_not_answer_is_told_without_the_password():
    error = refusal("postgresql://user:secret@127.0.0.1:1/db")
    assert "127.0.0.1" in str(error)
    assert "refused" in str(error)
    assert "secret" not in str(error)


def test_a_password_is_hidden_in_whatever_a_driver_says():
    address = "postgresql://user:o%2Fpen@host/db"
    database = Database(SecretStr(address))
    assert database._masked(f"{address}: not o/pen, o%2Fpen") == "***: not ***, ***"


def test_a_file_that_is_not_there_is_not_made(file):
    assert "unable to open database file" in str(refusal(f"sqlite:///{file}"))
    assert not file.exists()


def test_values_come_as_the_database_holds_them(database, file):
    fill(file, "insert into events values (1, 'a'), (2, 2.5), (3, x'ff'), (4, null)")
    with database.reading(EVENTS, "id") as rows:
        assert [row[1] for row in rows.between(None, 9)] == ["a", 2.5, b"\xff", None]


def test_a_text_that_is_no_utf_8_does_not_stop_the_others(database, file):
    fill(file, "insert into events values (1, cast(x'41ff' as text))")
    with database.reading(EVENTS, "id") as rows:
        assert [tuple(row) for row in rows.between(None, 1)] == [(1, r"A\xff")]


def test_rows_end_with_the_cursor_of_the_last_one_wanted(database, file):
    fill(file, "insert into events (id) values (1), (2), (2), (3), (null)")
    with database.reading(EVENTS, "id") as rows:
        ends = [rows.end_of(most, above) for most, above in ((2, None), (9, None), (1, 2), (1, 3))]
    assert ends == [2, 3, 3, None]


def test_a_column_that_cannot_be_null_is_not_searched_for_nulls(file):
    fill(file, "create table events (id integer not null)")
    with Database(SecretStr(f"sqlite:///{file}".replace("?", "%3F"))).reading(EVENTS, "id") as rows:
        rows._connection.close()
        assert not rows.without_cursor()


def test_memory_does_not_grow_with_the_table(database, file):
    peaks = []
    for _ in range(2):
        fill(file, *[MANY] * (2 if peaks else 1))
        tracemalloc.start()
        with database.reading(EVENTS, "id") as rows:
            assert sum(1 for _ in rows.between(None, 50_000)) == (150_000 if peaks else 50_000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
