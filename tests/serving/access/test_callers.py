"""Which token is known: from a variable, from a file, and from the file as it is now."""

from datetime import UTC, datetime, timedelta

import pytest

from serving.access.callers import LOOK_SECONDS, Callers
from serving.access.grants import Grants, grant_for
from serving.errors import GrantsError


class Clock:
    now = 0.0

    def __call__(self):
        return self.now

    def pass_a_look(self):
        self.now += LOOK_SECONDS


def text_of(*grants):
    return Grants(tokens=grants).model_dump_json()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tokens.json"
    path.write_text(text_of(grant_for("old", "shop")))
    return path


def name_of(callers, token):
    grant = callers.grant_of(token.encode())
    return grant and grant.name


def test_a_token_of_the_variable_and_one_of_the_file_are_known_and_no_other(file):
    callers = Callers(text_of(grant_for("fixed", "ops")), file)
    assert name_of(callers, "fixed") == "ops"
    assert name_of(callers, "old") == "shop"
    assert name_of(callers, "other") is None
    assert name_of(callers, "") is None


def test_the_digest_of_a_token_is_no_token(file):
    assert name_of(Callers("", file), grant_for("old", "shop").sha256) is None


def test_a_file_that_changes_is_read_again_at_the_next_look(file):
    clock = Clock()
    callers = Callers("", file, clock=clock)
    file.write_text(text_of(grant_for("new", "shop"), grant_for("more", "ops")))
    assert name_of(callers, "old") == "shop"
    clock.pass_a_look()
    assert [name_of(callers, token) for token in ("old", "new", "more")] == [None, "shop", "ops"]


def test_a_file_that_goes_away_takes_its_tokens_with_it_and_may_come_back(file):
    clock = Clock()
    callers = Callers("", file, clock=clock)
    content = file.read_text()
    file.unlink()
    clock.pass_a_look()
    assert name_of(callers, "old") is None
    file.write_text(content)
    clock.pass_a_look()
    assert name_of(callers, "old") == "shop"


def test_a_file_that_is_spoiled_changes_nothing_and_is_told(file, caplog):
    clock = Clock()
    callers = Callers("", file, clock=clock)
    file.write_text("{")
    clock.pass_a_look()
    assert name_of(callers, "old") == "shop"
    assert "the tokens that were known stay in force" in caplog.text


def test_a_file_that_is_spoiled_at_the_start_is_refused(file):
    file.write_text("{")
    with pytest.raises(GrantsError, match=r"tokens\.json: document: Invalid JSON"):
        Callers("", file)


def test_a_variable_that_is_spoiled_is_refused_by_name():
    with pytest.raises(GrantsError, match=r"^SLIPWAY_API_TOKENS: document"):
        Callers("slw_a-token-itself")


@pytest.mark.parametrize(("ends_in", "name"), [(-1, None), (60, "shop")])
def test_a_token_ends_when_it_says(ends_in, name):
    expires = datetime.now(UTC) + timedelta(seconds=ends_in)
    assert name_of(Callers(text_of(grant_for("t", "shop", expires=expires))), "t") == name
