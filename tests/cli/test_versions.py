"""How a person names a model version."""

import pytest

from platform_assets.cli.versions import matching
from resources.registry import Version
from tests.support.releases import digest

VERSIONS = [Version("tiny", str(n), digest(letter), "run", "", {}) for n, letter in enumerate("ab")]
ALIASES = {"champion": "1", "staging": "0"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("0", ["0"]),
        ("champion", ["1"]),
        ("staging", ["0"]),
        ("bbbbbbb", ["1"]),
        (digest("a"), ["0"]),
        ("sha256:aaaaaaa", ["0"]),
        ("bbb", []),
        ("7", []),
        ("", []),
        ("challenger", []),
    ],
)
def test_a_version_is_named_by_number_alias_or_digest(wanted, found):
    assert [one.version for one in matching(VERSIONS, ALIASES, wanted)] == found


def test_a_digest_that_begins_several_names_none_of_them():
    twins = [*VERSIONS, Version("tiny", "9", f"sha256:{'a' * 8}{'b' * 56}", "run", "", {})]
    assert len(matching(twins, {}, "aaaaaaa")) == 2
    assert len(matching(twins, {}, "aaaaaaaaa")) == 1
