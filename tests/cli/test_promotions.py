"""What waits for approval, shown and decided at the command line."""

import json

import pytest

from tests.support.releases import digest


@pytest.fixture
def waiting(at):
    """A promotion of `a` to production, number 1."""
    at.staging("a")
    return at.bring("a", "production").promotion


def test_a_waiting_promotion_is_listed(waiting, slipway):
    told = slipway("promotions", "list")
    assert "open" in told.out
    assert digest("a")[7:19] in told.out


def test_the_list_as_json_says_what_has_not_passed(waiting, slipway):
    (document,) = json.loads(slipway("promotions", "list", "--json").out)
    assert (document["number"], document["state"], document["not_passed"]) == (1, "open", {})


def test_the_list_can_be_cut_to_one_state(waiting, slipway):
    assert slipway("promotions", "list", "--state", "merged").out == "no promotions are merged\n"


def test_a_promotion_is_shown_with_its_evidence(waiting, slipway):
    told = slipway("promotions", "show", "1")
    for shown in ("quality", "average_precision", "0.8", "0.7", digest("a")):
        assert shown in told.out


def test_a_promotion_as_json_carries_its_page(waiting, slipway):
    document = json.loads(slipway("promotions", "show", "1", "--json").out)
    assert "### Gates" in document["body"]
    assert [one["state"] for one in document["statuses"]] == ["success"]


def test_approving_merges_and_names_the_commit(waiting, at, slipway):
    told = slipway("promotions", "approve", "1", "--by", "ann")
    assert f"merged as {at.forge.head()}" in told.out
    (merged,) = at.forge.promotions("merged")
    assert (merged.approver, merged.merged_as) == ("ann", at.forge.head())


def test_approving_twice_is_harmless(waiting, at, slipway):
    first = slipway("promotions", "approve", "1")
    assert slipway("promotions", "approve", "1") == first


def test_a_promotion_whose_gate_has_not_passed_is_not_merged(waiting, at, slipway):
    head = at.forge.head()
    at.forge.set_status(1, waiting.commit, "quality", "failure", "too low")
    told = slipway("promotions", "approve", "1")
    assert (told.code, at.forge.head()) == (1, head)
    assert "quality is failure, expected success" in told.err


def test_rejecting_closes_for_good(waiting, at, slipway):
    assert "closed: smells" in slipway("promotions", "reject", "1", "--reason", "smells").out
    told = slipway("promotions", "approve", "1")
    assert told.code == 1
    assert "promotion 1 is closed (smells), expected open" in told.err
