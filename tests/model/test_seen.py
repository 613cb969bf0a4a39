"""Which registered models saw the rows of a person, told by the versions they name."""

import pyarrow as pa
import pytest

from platform_assets.data.columns import Column
from platform_assets.data.subject import Subject
from platform_assets.model.seen import (
    CLEANED,
    TRAINING_SET,
    Sighting,
    named_versions,
    sightings,
)
from resources.lake import Lake
from resources.registry import Registry
from tests.support.tiny import orders

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """Model versions 1 and 2 from training sets 0 and 1, version 3 from one that is gone."""
    home = tmp_path_factory.mktemp("registry")
    made = Registry(f"sqlite:///{home}/mlflow.db", home / "artifacts")
    for number in (0, 1, 9):
        tags = {TRAINING_SET: str(number), CLEANED: str(number + 10)}
        made.register("tiny", "", f"sha256:{number}", "bundles", tags)
    return made


@pytest.fixture
def lake(tmp_path):
    made = Lake(str(tmp_path))
    for number in (0, 1):
        rows = orders(5, seed=1, first=3 * number)
        made.overwrite("tiny/training_set", pa.Table.from_pandas(rows), f"f{number}")
    return made


def seen(lake, registry, *ids: str) -> list[Sighting]:
    return sightings(lake, registry, "tiny", Subject(Column("order", "text", False), ids))


def test_each_version_is_told_with_the_rows_that_it_saw(lake, registry):
    told = {one.version: (one.training_set, one.rows) for one in seen(lake, registry, "o1", "o3")}
    assert told == {"1": (0, 2), "2": (1, 1), "3": (9, None)}


def test_a_version_that_saw_none_is_left_out(lake, registry):
    told = [one.version for one in seen(lake, registry, "o7")]
    assert told == ["3", "2"]


def test_the_versions_that_a_registry_names_are_told_by_tag(registry):
    versions = registry.versions("tiny")
    assert named_versions(versions, TRAINING_SET) == {0, 1, 9}
    assert named_versions(versions, CLEANED) == {10, 11, 19}
    assert named_versions(versions, "slipway.other") == set()
