"""Before anything is trained again, its rows and its bundle must be those of the first time."""

from dataclasses import replace

import pyarrow as pa
import pytest

from platform_assets.errors import NotReproducible
from platform_assets.reproduction.made_again import made_again, require_rows
from platform_assets.reproduction.pins import pins_of
from resources.artifacts import Artifacts
from resources.lake import Lake
from tests.reproduction.test_pins import version

NAME = "tiny/training_set"


@pytest.fixture
def lake(tmp_path):
    made = Lake(str(tmp_path / "lake"))
    made.overwrite(NAME, pa.table({"_part": ["train"]}), "one")
    return made


@pytest.fixture
def pins(lake):
    return replace(pins_of(version()), training_set=0, table=lake.table_id(NAME))


def test_rows_that_are_there_are_enough(lake, pins):
    require_rows(lake, pins)


def test_a_version_of_the_rows_that_is_gone_is_named(lake, pins):
    with pytest.raises(NotReproducible, match="version 7 of tiny/training_set is gone"):
        require_rows(lake, replace(pins, training_set=7))


def test_a_table_of_the_same_name_that_was_made_anew_is_not_the_pinned_one(lake, pins):
    with pytest.raises(NotReproducible, match=r"was made anew since: .* pinned is another"):
        require_rows(lake, replace(pins, table="another"))


def test_without_the_first_bundle_nothing_is_trained(lake, pins, tmp_path):
    artifacts, said = Artifacts(tmp_path / "artifacts"), []
    with pytest.raises(NotReproducible, match="its bundle cannot be compared"):
        made_again(pins, lake, artifacts, (), tmp_path, said.append)
    assert said == []
