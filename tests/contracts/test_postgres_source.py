import traceback
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from platform_assets.errors import SourceUnavailable
from resources.lake import Lake
from tests.contracts.table_machine import play
from tests.contracts.table_suite import TableContract
from tests.support.postgres import PASSWORD, postgres
from tests.support.stores import Postgres, Shop, at, flat

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server():
    with postgres() as running:
        yield running


@pytest.fixture
def make(server, tmp_path_factory):
    def made():
        folder = tmp_path_factory.mktemp("shop")
        shop = Shop(Postgres(server.address()), Lake(str(folder / "lake")))
        shop.do("drop schema public cascade")
        shop.do("create schema public")
        shop.open_shop()
        return shop

    return made


@pytest.fixture
def shop(make):
    return make()


class TestPostgresSource(TableContract):
    pass


def test_every_row_version_lands_once_in_whatever_order_things_happen(make):
    play(make)


VALUES = {
    "bigint": ("9223372036854775807", "9223372036854775807"),
    "numeric": ("12345678901234567890.10", "12345678901234567890.10"),
    "double precision": ("0.1", "0.1"),
    "boolean": ("true", "true"),
    "date": ("'2026-01-02'", "2026-01-02"),
    "timestamp": ("'2026-01-02 03:04:05.6'", "2026-01-02 03:04:05.600000"),
    "timestamptz": ("'2026-01-02 03:04:05+02'", "2026-01-02 01:04:05+00:00"),
    "interval": ("'1 hour'", "3600.000000"),
    "bytea": (r"'\x00ff'", "00ff"),
    "uuid": ("'" + "1" * 8 + "-1111-1111-1111-" + "1" * 12 + "'", None),
    "json": ('\'{"b": 1.10,  "a": [null]}\'', '{"b": 1.10,  "a": [null]}'),
    "jsonb": ("'{\"b\": 1.10}'", '{"b": 1.10}'),
    "text[]": ("'{a,NULL}'", '["a", null]'),
    "inet": ("'127.0.0.1'", "127.0.0.1"),
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_of_any_type_becomes_text_that_gives_it_again(shop, kind):
    value, written = VALUES[kind]
    shop.do(f"create table kinds (id integer, value {kind})")
    shop.do(f"insert into kinds values (1, {value}), (1, null)")
    shop.pull_all(table="kinds", cursor="id")
    found = {row[1] for row in shop.taken()[0]}
    assert found == {written or value.strip("'"), None}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", ["1", "9223372036854775806"]),
        ("numeric", ["1.5", "1e30"]),
        ("double precision", ["1.5", "1e300"]),
        ("date", ["'2026-01-01'", "'2026-01-02'"]),
        ("timestamp", ["'2026-01-01'", "'2026-01-01 00:00:00.000001'"]),
        ("timestamptz", ["'2026-01-01'", "'2026-01-01 00:00:00.000001'"]),
        ("text", ["'Ö, a'", "'ö/''b'"]),
        ("varchar(9)", ["'a'", "'b'"]),
    ],
)
def test_a_cursor_of_any_ordered_type_leads_through_the_table(shop, kind, values):
    shop.do(f"create table steps (id integer, step {kind})")
    for number, value in enumerate(values):
        shop.do(f"insert into steps values ({number}, {value})")
    assert shop.pull_all(table="steps", cursor="step", batch_rows=1) == 2
    assert shop.ids() == [[0], [1]]


def test_a_cursor_without_an_order_is_refused_with_its_value(shop):
    shop.do("create table steps (step boolean)")
    shop.do("insert into steps values (true)")
    expected = r"the cursor 'step' holds True \(bool\), expected a number, time or text"
    with pytest.raises(SourceUnavailable, match=expected):
        shop.pull(table="steps", cursor="step")


def test_a_table_of_another_schema_and_a_view_are_read(shop):
    shop.order(1, at(1))
    shop.do("create schema sales")
    shop.do("create view sales.seen as select * from orders")
    shop.pull_all(table="sales.seen")
    assert shop.ids() == [[1]]


@pytest.mark.parametrize("database", ["postgres", "nowhere"])
def test_what_the_server_refuses_is_told_without_the_password(shop, server, database):
    shop.do("drop role if exists guest")
    shop.do(f"create role guest login password '{PASSWORD}'")
    shop.do("grant usage on schema public to guest")
    there = Shop(Postgres(server.address(database, "guest")), shop.lake)
    with pytest.raises(SourceUnavailable, match=r"permission denied|does not exist") as found:
        there.source().listing()
    shown = "".join(traceback.format_exception(found.value))
    assert not any(secret in shown for secret in (PASSWORD, "pass%2Fword"))


def test_a_wrong_password_is_not_told(shop, server):
    wrong = Shop(Postgres(server.address().replace("word", "wort")), shop.lake)
    with pytest.raises(SourceUnavailable, match="password authentication failed") as found:
        wrong.source().listing()
    assert "wort" not in "".join(traceback.format_exception(found.value))


def test_pulls_of_many_threads_at_once_take_each_row_once(shop):
    for number in range(60):
        shop.order(number, at(number))
    with ThreadPoolExecutor(4) as threads:
        gate = Barrier(4)
        for _ in range(6):
            for pulled in [threads.submit(pull_together, shop, gate) for _ in range(4)]:
                pulled.result()
    shop.pull_all(batch_rows=10)
    assert sorted(flat(shop.ids())) == list(range(60))


def pull_together(shop, gate):
    gate.wait(timeout=60)
    return shop.pull(batch_rows=10)
