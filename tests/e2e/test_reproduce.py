"""Every version that the stack made can be made again from what it was pinned to."""

import json

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.mark.parametrize("model", ["diabetes", "fraud"])
def test_every_registered_version_comes_out_with_the_same_digest(live, model):
    versions = live.registry.versions(model)
    assert versions
    for version in versions:
        told = json.loads(live.slipway("reproduce", f"{model}@{version.version}", "--json"))
        assert (told["outcome"], told["again"]) == ("equal digest", version.digest)
    assert not (live.settings.home / "reproduce").exists()


def test_the_drill_says_of_what_is_live_that_it_can_be_made_again(live):
    told = live.slipway("drill", "reproduce", "diabetes", "--env", "staging")
    assert "reproduce drill of diabetes: equal digest: sha256:" in told
