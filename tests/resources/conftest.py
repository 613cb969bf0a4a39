"""Every promise of the lake is kept in a folder and on servers that speak S3, see `root`."""

import pytest

from tests.support.lakes import lake_at


@pytest.fixture
def lake(root):
    return lake_at(root)
