import pytest

from resources.lake import Lake
from tests.contracts.table_machine import play
from tests.contracts.table_suite import TableContract
from tests.support.postgres import postgres
from tests.support.stores import Postgres, Shop

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
