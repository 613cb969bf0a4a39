"""What was live when, and why what is live now is live."""

import json

import pytest

from platform_assets.model.audit import DELIVERED
from platform_assets.model.seen import CLEANED
from platform_assets.wiring import build_registry
from resources.settings import load_settings
from tests.support.releases import digest

pytestmark = pytest.mark.slow
STAGING = ("--env", "staging")


@pytest.fixture
def second(at):
    """Staging went from `a` to `b`; the registry knows what `b` was made from."""
    at.staging("a")
    at.staging("b")
    registry = build_registry(load_settings())
    run = registry._client.create_run(registry._experiment("fraud")).info.run_id
    registry.register("fraud", run, digest("b"), "file:///b", {CLEANED: "7", DELIVERED: "12"})
    return at


def test_history_tells_versions_times_data_and_what_was_replaced(second, slipway):
    told = slipway("history", "fraud")
    assert told.code == 0
    newest, oldest = json.loads(slipway("history", "fraud", *STAGING, "--json").out)
    assert (newest["digest"], newest["replaced"]) == (digest("b"), digest("a"))
    assert newest["registered"] == {"cleaned version": "7", "deliveries": "12"}
    assert (oldest["fate"], oldest["registered"]) == ("replaced", None)
    assert "fraud in staging" in told.out
    assert "nothing of fraud was live in production yet" in told.out


def test_at_a_time_only_what_was_live_then_is_told(second, slipway):
    (now,) = json.loads(slipway("history", "fraud", "--at", "2999-01-01", "--json").out)
    assert now["digest"] == digest("b")
    before = slipway("history", "fraud", "--at", "2001-01-01")
    assert before.code == 0
    assert before.out.startswith("nothing of fraud was live in staging at 2001-01-01T00:00:00")


def test_a_time_that_is_none_and_an_unknown_place_are_wrong_use(second, slipway):
    for words in (("--at", "yesterday"), ("--env", "nowhere")):
        told = slipway("history", "fraud", *words)
        assert (told.code, told.out) == (2, "")
        assert words[1] in told.err


def test_a_model_that_nobody_knows_has_neither(second, slipway):
    for command in ("history", "why"):
        told = slipway(command, "froud")
        assert (told.code, told.err[:27]) == (1, "slipway: no model 'froud'; ")


def test_why_says_what_led_to_what_is_live(second, slipway):
    told = slipway("why", "fraud", *STAGING)
    assert told.code == 0
    assert told.out.startswith("fraud 2 (bbbbbbbbbbbb) is live in staging since ")
    assert f"replaced  {digest('a')}" in told.out
    assert "1 gates passed" in told.out
    assert "cleaned@7, 12 deliveries" in told.out


def test_why_says_what_git_says_beside_what_is_live(second, slipway):
    second.bring("c")
    found = json.loads(slipway("why", "fraud", *STAGING, "--json").out)
    assert found["live"]["digest"] == digest("b")
    assert (found["newest"]["digest"], found["newest"]["fate"]) == (digest("c"), "pending")


def test_why_says_what_waits_where_nothing_is_live(second, slipway):
    second.bring("b", "production")
    told = slipway("why", "fraud")
    assert told.out.startswith("nothing of fraud is live in production\n")
    assert "promotion 1 (Promote fraud 2 (bbbbbbbbbbbb) to production) for approval" in told.out
