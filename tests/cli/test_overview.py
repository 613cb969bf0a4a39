"""What `status` knows: from git, the record and the endpoint."""

import json

import pytest

from gitops.conditions import Blocked, Reason, Verdict
from gitops.forge import Commit
from gitops.holds import hold
from gitops.record import DeploymentRecord
from gitops.runtime import LiveModel
from platform_assets.cli.overview import Overview, Place
from platform_assets.cli.status import checks_in_short
from tests.support.releases import digest, manifest

WANTED = manifest("a", "production")
COMMIT = Commit("c" * 40, "2026-01-01T00:00:00+00:00", "ann", "Promote fraud\n\nwhy")
PROVEN = DeploymentRecord("production", "fraud", healthy=COMMIT.revision)
STALLED = DeploymentRecord("production", "fraud", outcome=Blocked(Reason.STALLED, "both failed"))


def live(letter: str, *, ready: bool = True) -> LiveModel:
    return LiveModel(ready, digest(letter), "1", "2026-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("health", "facts"),
    [
        ("healthy", {"record": PROVEN, "live": live("a")}),
        ("unverified", {"live": live("a")}),
        ("outdated", {"record": PROVEN, "live": live("b")}),
        ("down", {"record": PROVEN, "live": live("a", ready=False)}),
        ("down", {"record": PROVEN}),
        ("blocked", {"record": STALLED, "live": live("b")}),
        ("unknown", {"record": PROVEN, "asked": False}),
        ("absent", {"manifest": None}),
        ("invalid", {"invalid": "line 3"}),
    ],
)
def test_health_is_one_word(health, facts):
    given = {"commit": COMMIT, "manifest": WANTED} | facts
    assert Place("production", "fraud", **given).health == health


def places(at, *folders):
    found = Overview(at.forge, at.runtime, folders).places()
    return {(one.model, one.environment): one for one in found}


def test_a_released_model_is_shown_with_what_is_wanted_live_and_proven(at):
    at.staging("a")
    shown = places(at)["fraud", "staging"].to_dict()
    assert shown["health"] == "healthy"
    assert shown["desired"]["digest"] == shown["live"]["digest"] == digest("a")
    assert shown["proven"]["commit"] == shown["desired"]["commit"]
    assert {one["check"] for one in shown["checks"]} == {"ready", "cold_start", "golden", "latency"}


def test_a_folder_that_git_does_not_know_is_absent_everywhere(at):
    assert {one.health for one in places(at, "diabetes").values()} == {"absent"}


def test_a_waiting_promotion_is_shown_where_it_leads(at):
    at.staging("a")
    at.bring("a", "production")
    found = places(at)
    assert found["fraud", "production"].to_dict()["promotion"]["digest"] == digest("a")
    assert found["fraud", "staging"].promotion is None


def test_held_digests_are_shown_with_their_reason(at):
    at.staging("a")
    hold(at.forge, "staging", "fraud", digest("b"), "smells", "ann")
    shown = places(at)["fraud", "staging"].to_dict()
    assert shown["held"] == [{"digest": digest("b"), "reason": "smells"}]


def test_a_manifest_that_cannot_be_used_is_shown_as_such(at):
    at.staging("a")
    changes = {WANTED.path.replace("production", "staging"): "kind: Nonsense\n"}
    at.forge.commit(at.forge.head(), changes, "break it")
    place = places(at)["fraud", "staging"]
    assert place.health == "invalid"
    assert "fraud.yaml" in place.to_dict()["reason"]


def test_without_a_running_system_health_is_unknown(at):
    at.staging("a")
    at.serve.outage = True
    assert places(at)["fraud", "staging"].health == "unknown"


def test_status_as_json_names_models_and_services(at, slipway):
    at.staging("a")
    document = json.loads(slipway("status", "--json").out)
    assert document["models"]["fraud"]["staging"]["health"] == "healthy"
    assert document["services"]["dagster"]["running"] is False
    assert document["services"]["dagster"]["address"] == "http://127.0.0.1:3179"


def test_status_works_where_nothing_was_ever_started(slipway):
    told = slipway("status")
    assert told.code == 0
    assert "fraud" in told.out
    assert "stopped" in told.out


def test_checks_are_counted_and_the_slowest_percent_is_named():
    slow = Verdict("latency_p99", False, "p99", 412.04, 150.0, "ms")
    right = Verdict("golden_rows", True, "largest difference", 0.0, 1e-5)
    assert checks_in_short([slow, right]) == "1 of 2 passed, p99 412.0 ms"
    assert checks_in_short(()) == ""
