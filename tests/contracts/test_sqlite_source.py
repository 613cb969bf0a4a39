import pytest

from resources.lake import Lake
from tests.contracts.table_machine import play
from tests.contracts.table_suite import TableContract
from tests.support.stores import Shop, Sqlite


@pytest.fixture
def make(tmp_path_factory):
    def made():
        folder = tmp_path_factory.mktemp("shop")
        shop = Shop(Sqlite(folder / "shop.db"), Lake(str(folder / "lake")))
        shop.open_shop()
        return shop

    return made


@pytest.fixture
def shop(make):
    return make()


class TestSqliteSource(TableContract):
    pass


@pytest.mark.slow
def test_every_row_version_lands_once_in_whatever_order_things_happen(make):
    play(make)
