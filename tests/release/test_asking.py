"""Who asked for a release is a person where one did, and the platform otherwise."""

import dagster as dg
import pytest

from platform_assets.release.asking import asked_by, tags_of
from platform_assets.run_tags import BY_TAG

KEY = dg.AssetKey(["tiny", "registry_entry"])


@dg.asset(key=KEY)
def entry() -> None: ...


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def test_who_started_the_run_comes_first(instance):
    dg.materialize([entry], instance=instance, tags={BY_TAG: "ann"})
    assert asked_by({BY_TAG: "bob"}, tags_of(instance, KEY)) == "bob"
    assert asked_by({"user": "cleo@example.com"}, tags_of(instance, KEY)) == "cleo@example.com"


def test_a_run_that_nobody_started_asks_for_who_had_the_candidate_made(instance):
    dg.materialize([entry], instance=instance, tags={BY_TAG: "ann"})
    assert asked_by({}, tags_of(instance, KEY)) == "ann"


def test_the_platform_itself_is_named_where_nobody_asked(instance):
    assert asked_by({}, tags_of(instance, KEY)) == "Slipway"
    dg.materialize([entry], instance=instance)
    assert asked_by({}, tags_of(instance, KEY)) == "Slipway"
