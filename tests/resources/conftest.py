"""Every promise of the lake is kept in a folder and on servers that speak S3."""

import pytest

from tests.support.lakes import lake_at


@pytest.fixture(
    params=[
        "disk",
        pytest.param("moto", marks=pytest.mark.slow),
        pytest.param("radosgw", marks=pytest.mark.e2e),
    ]
)
def root(request, tmp_path, monkeypatch):
    """Where a lake is: a folder, or a new bucket."""
    if request.param == "disk":
        return str(tmp_path / "lake")
    store = request.getfixturevalue(request.param)
    store.enter(monkeypatch)
    return f"s3://{store.new_bucket()}/lake"


@pytest.fixture
def lake(root):
    return lake_at(root)
