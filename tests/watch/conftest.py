"""A lake, and the folder that endpoints log into."""

from pathlib import Path

import pytest

from resources.lake import Lake


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "predictions"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))
