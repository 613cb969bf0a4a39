import pytest

from resources.lake import Lake
from tests.contracts.table_suite import TableContract
from tests.support.postgres import postgres
from tests.support.stores import Postgres, Shop

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server():
    with postgres() as running:
        yield running


@pytest.fixture
def shop(server, tmp_path):
    made = Shop(Postgres(server.address()), Lake(str(tmp_path / "lake")))
    made.do("drop schema public cascade")
    made.do("create schema public")
    made.open_shop()
    return made


class TestPostgresSource(TableContract):
    pass
