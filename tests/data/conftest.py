import pytest

from tests.support.delivered import Deliveries


@pytest.fixture
def deliveries(tmp_path):
    return Deliveries(str(tmp_path / "lake"), tmp_path / "landing")
