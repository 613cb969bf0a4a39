"""`slipway tokens`, as it is typed."""

import json

import pytest

from resources.settings import load_settings
from serving.access.callers import Callers


def granted(token):
    return Callers("", load_settings().tokens).grant_of(token.encode())


@pytest.fixture
def shop(home, slipway):
    """The token of `shop`, for one model."""
    return slipway("tokens", "add", "shop", "--model", "fraud").out.splitlines()[0]


def test_a_token_is_printed_once_and_is_good_for_what_was_asked(shop, slipway):
    grant = granted(shop)
    assert (grant.name, grant.models, grant.scope, grant.expires) == (
        "shop",
        ("fraud",),
        "infer",
        None,
    )
    assert shop not in slipway("tokens", "list").out + load_settings().tokens.read_text()


def test_scope_rate_and_end_are_as_asked(home, slipway):
    wanted = ("--scope", "read", "--rate", "100/second", "--days", "30")
    told = slipway("tokens", "add", "board", *wanted)
    grant = granted(told.out.splitlines()[0])
    assert (grant.models, grant.scope, grant.rate) == (("*",), "read", "100/second")
    assert 29 <= (grant.expires - grant.created).days <= 30


def test_all_are_listed(shop, slipway):
    assert "shop" in slipway("tokens", "list").out
    listed = json.loads(slipway("tokens", "list", "--json").out)
    assert [(one["name"], one["models"], one["scope"]) for one in listed] == [
        ("shop", "fraud", "infer")
    ]


def test_a_revoked_token_is_good_for_nothing(shop, slipway):
    assert slipway("tokens", "revoke", "shop").code == 0
    assert granted(shop) is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "shop"), "has a token 'shop' already"),
        (("add", "The Shop"), "token 'The Shop': name"),
        (("add", "bank", "--model", "froud"), "froud"),
        (("revoke", "bank"), "has no token 'bank'; it has: shop"),
        (("revoke", "slipway"), "each release would be taken back"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(words, sentence, shop, slipway):
    told = slipway("tokens", *words)
    assert (told.code, len(told.err.splitlines())) == (1, 1)
    assert sentence in told.err
