"""The file of tokens: private, changed whole, and by several at once."""

import stat
import threading

import pytest
from pydantic import SecretStr

from resources.errors import NoSuchToken, TokenTaken
from resources.settings import Settings
from resources.tokens import OWN, TokenFile, ensure_own_token, own_token
from serving.access.callers import Callers
from serving.access.grants import grant_for
from serving.errors import GrantsError


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


@pytest.fixture
def file(settings):
    return TokenFile(settings.tokens)


def names(file):
    return [grant.name for grant in file.read().tokens]


def test_a_file_that_is_not_there_grants_nothing(file):
    assert names(file) == []


def test_what_was_added_is_known_to_endpoints_until_it_is_revoked(file):
    file.add(grant_for("t", "shop"))
    assert Callers("", file.path).grant_of(b"t").name == "shop"
    file.revoke("shop")
    assert Callers("", file.path).grant_of(b"t") is None


def test_only_its_owner_can_read_it(file):
    file.add(grant_for("t", "shop"))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700


def test_a_name_is_not_given_out_twice(file):
    file.add(grant_for("t", "shop"))
    with pytest.raises(TokenTaken, match=r"has a token 'shop' already; .*tokens revoke shop"):
        file.add(grant_for("u", "shop"))
    assert file.read().named("shop").sha256 == grant_for("t", "shop").sha256


def test_a_name_that_is_not_there_is_not_revoked(file):
    file.add(grant_for("t", "shop"))
    with pytest.raises(NoSuchToken, match="has no token 'bank'; it has: shop"):
        file.revoke("bank")


def test_a_spoiled_file_is_neither_read_nor_written_over(file):
    file.add(grant_for("t", "shop"))
    file.path.write_text("{")
    with pytest.raises(GrantsError, match=r"tokens\.json"):
        file.add(grant_for("u", "bank"))
    assert file.path.read_text() == "{"


def test_of_many_that_are_added_at_once_none_is_lost(file):
    adding = [
        threading.Thread(target=TokenFile(file.path).add, args=(grant_for("t", f"caller-{one}"),))
        for one in range(20)
    ]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    assert len(names(file)) == 20


def test_the_platform_gets_a_token_of_its_own_and_keeps_it(settings, file):
    ensure_own_token(settings)
    first = own_token(settings)
    ensure_own_token(settings)
    assert own_token(settings) == first
    assert names(file) == [OWN]
    assert Callers("", file.path).grant_of(first.encode()).allows("infer")
    assert stat.S_IMODE(settings.api_token_file.stat().st_mode) == 0o600


def test_what_else_the_file_grants_stays(settings, file):
    file.add(grant_for("t", "shop"))
    ensure_own_token(settings)
    assert names(file) == ["shop", OWN]


def test_a_token_of_the_settings_goes_first_and_is_written_nowhere(settings, file):
    ensure_own_token(settings)
    given = Settings(home=settings.home, api_token=SecretStr("given"))
    ensure_own_token(given)
    assert own_token(given) == "given"
    assert file.read().named(OWN).sha256 == grant_for("given", OWN).sha256
    assert "given" not in settings.api_token_file.read_text() + file.path.read_text()


def test_without_a_stack_there_is_no_token(settings):
    assert own_token(settings) is None
