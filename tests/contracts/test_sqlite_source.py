import pytest

from resources.lake import Lake
from tests.contracts.table_suite import TableContract
from tests.support.stores import Shop, Sqlite


@pytest.fixture
def shop(tmp_path):
    made = Shop(Sqlite(tmp_path / "shop.db"), Lake(str(tmp_path / "lake")))
    made.open_shop()
    return made


class TestSqliteSource(TableContract):
    pass
