from fnmatch import fnmatchcase

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from platform_assets.data.sources.bucket import BucketSource
from platform_assets.data.sources.choose import source_of
from platform_assets.data.sources.folder import FolderSource
from platform_assets.data.sources.pattern import Pattern
from platform_assets.errors import SpecError
from resources.settings import Settings
from tests.support.tiny import SPEC, tiny

part = st.text("ab-]^!*?.[é\n", min_size=1).filter(lambda text: set(text) != {"*"})


@given(st.lists(part, min_size=1, max_size=4), st.lists(part, min_size=1, max_size=4))
def test_two_stars_stand_for_folders_and_everything_else_for_one_part(pattern, name):
    assume(not {".", ".."} & set(pattern) and not any(one.startswith(".") for one in name))
    alone = len(pattern) == len(name) and all(map(fnmatchcase, name, pattern))
    assert (Pattern("/".join(pattern)).refusal("/".join(name)) is None) == alone
    anywhere = any(
        len(name) - skip == len(pattern) and all(map(fnmatchcase, name[skip:], pattern))
        for skip in range(len(name))
    )
    assert (Pattern("/".join(["**", *pattern])).refusal("/".join(name)) is None) == anywhere


@given(part, part)
def test_a_name_that_matches_begins_as_the_pattern_says(pattern, name):
    assume(pattern not in (".", ".."))
    if Pattern(pattern).refusal(name) is None:
        assert name.startswith(Pattern(pattern).beginning)


@pytest.mark.parametrize(
    ("pattern", "depth"), [("*.csv", 0), ("*/*.csv", 1), ("**/*.csv", None), ("a/b/**", None)]
)
def test_a_pattern_says_how_deep_it_looks(pattern, depth):
    assert Pattern(pattern).depth == depth


def located(location):
    return tiny(source=SPEC["source"] | {"location": location})


@pytest.mark.parametrize(
    ("location", "place"),
    [("", "landing/tiny"), ("elsewhere", "elsewhere"), ("/srv/orders", "/srv/orders")],
)
def test_a_folder_is_one_of_the_state_folder_unless_it_says_otherwise(tmp_path, location, place):
    source = source_of(located(location), Settings(home=tmp_path))
    assert isinstance(source, FolderSource)
    assert source.place == str(tmp_path / place)


def test_an_s3_address_is_a_bucket(tmp_path):
    source = source_of(located("s3://orders/in/"), Settings(home=tmp_path))
    assert isinstance(source, BucketSource)
    assert source.place == "s3://orders/in"


def test_an_address_of_another_kind_is_refused_with_what_is_allowed(tmp_path):
    with pytest.raises(SpecError, match=r"source\.location: got 'gs://x', expected a folder or s3"):
        source_of(located("gs://x"), Settings(home=tmp_path))
