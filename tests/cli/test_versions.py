"""How a person names a model version."""

import pytest

from platform_assets.cli.errors import UnknownModel, UnknownVersion
from platform_assets.cli.versions import find, matching
from platform_assets.wiring import build_registry
from resources.registry import Version
from resources.settings import load_settings
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


@pytest.mark.slow
def test_what_is_not_there_is_refused_with_what_is(home):
    registry = build_registry(load_settings())
    with pytest.raises(UnknownModel, match=r"no model 'tea'; known: .*fraud"):
        find(registry, "tea@1")
    with pytest.raises(UnknownVersion, match=r"fraud: no version is '1'; .* known: none"):
        find(registry, "fraud@1")
    run = registry._client.create_run(registry._experiment("fraud")).info.run_id
    registry.register("fraud", run, digest("a"), "file:///b", {})
    assert find(registry, "fraud@aaaaaaa").version == "1"
    with pytest.raises(UnknownVersion, match=r"no version is 'champion'; .* known: 1"):
        find(registry, "fraud@champion")
