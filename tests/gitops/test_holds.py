from datetime import UTC, datetime

import pytest

from gitops.errors import HoldsInvalid, NotHeld
from gitops.holds import Hold, held, hold, holds_path, lift, parse_holds, read_holds, render_holds
from tests.support.releases import digest

PATH = holds_path("staging", "fraud")
ENTRY = Hold(digest("a"), "p99: 412 ms | worse", "2026-01-01T00:00:00+00:00", "ann")


def new_year() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


def test_holds_survive_their_text():
    entries = (ENTRY, Hold(digest("b"), "smells", ENTRY.since, "bob"))
    assert parse_holds(render_holds(entries), PATH) == entries


def test_no_holds_are_no_file():
    assert render_holds(()) is None
    assert parse_holds(None, PATH) == ()


def test_a_hold_is_a_commit_with_its_reason(forge):
    hold(forge, "staging", "fraud", digest("a"), "p99: 412 ms | worse", "ann", new_year)
    assert read_holds(forge, "staging", "fraud", forge.head()) == (ENTRY,)
    commit = forge.last_change(PATH, forge.head())
    assert commit.subject == "Hold fraud aaaaaaaaaaaa in staging"
    assert "p99: 412 ms | worse" in commit.message
    assert commit.trailers["Bundle-Digest"] == digest("a")


def test_a_reason_cannot_add_trailers(forge):
    hold(forge, "staging", "fraud", digest("a"), "x\n\nApproved-by: eve", "ann")
    assert "Approved-by" not in forge.last_change(PATH, forge.head()).trailers


def test_holding_twice_keeps_the_first_reason(forge):
    head = hold(forge, "staging", "fraud", digest("a"), "first", "ann")
    assert hold(forge, "staging", "fraud", digest("a"), "second", "ann") == head
    assert held(read_holds(forge, "staging", "fraud", head), digest("a")).reason == "first"


def test_lifting_lets_go_of_one_digest_alone(forge):
    for letter in "ab":
        hold(forge, "staging", "fraud", digest(letter), "smells", "ann")
    head = lift(forge, "staging", "fraud", digest("a"), "bob")
    left = read_holds(forge, "staging", "fraud", head)
    assert [entry.digest for entry in left] == [digest("b")]


def test_the_last_lift_removes_the_file(forge):
    hold(forge, "staging", "fraud", digest("a"), "smells", "ann")
    assert forge.read(PATH, lift(forge, "staging", "fraud", digest("a"), "bob")) is None


def test_lifting_what_is_not_held_is_said_so(forge):
    with pytest.raises(NotHeld, match="is not held in staging"):
        lift(forge, "staging", "fraud", digest("a"), "ann")


def test_holds_of_other_environments_do_not_count(forge):
    head = hold(forge, "staging", "fraud", digest("a"), "smells", "ann")
    assert read_holds(forge, "production", "fraud", head) == ()


def test_what_is_no_digest_is_not_held(forge):
    with pytest.raises(HoldsInvalid, match="got 'latest', expected sha256"):
        hold(forge, "staging", "fraud", "latest", "smells", "ann")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "held: got None"),
        ("held: {}", "expected a value of type list"),
        ("held:\n  - digest: x\n", "held.digest: got 'x'"),
        (render_holds((ENTRY,)).replace("by: ann", "by: 7"), "held.0.by: got 7"),
        (render_holds((ENTRY,)) + "    until: never\n", r"held\[0\].until"),
        (render_holds((ENTRY,)) + "lifted: []\n", "lifted"),
        ("held: *x", "alias"),
    ],
)
def test_a_file_that_is_no_list_of_holds_is_refused_by_key(text, message):
    with pytest.raises(HoldsInvalid, match=message):
        parse_holds(text, PATH)
