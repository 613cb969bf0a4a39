"""The document of tokens: what it may hold, and that it never holds or tells a token."""

import hashlib

import pytest

from serving.access.grants import Grants, grant_for, new_token, read_grants
from serving.errors import GrantsError


def test_a_grant_keeps_the_digest_of_its_token_and_not_the_token():
    token = new_token()
    grants = Grants(tokens=(grant_for(token, "shop"),))
    assert grants.tokens[0].sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert token not in grants.model_dump_json()


def test_two_tokens_are_never_the_same_and_can_be_found_by_their_prefix():
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith("slw_") and len(token) == 47 for token in made)


def test_a_document_survives_writing_and_reading():
    grants = Grants(tokens=(grant_for("a", "shop", ("fraud",), "read"), grant_for("b", "ops")))
    assert read_grants(grants.model_dump_json(), "here") == grants


def test_a_grant_covers_the_models_it_names_or_all():
    assert grant_for("t", "shop", ("fraud",)).covers("fraud")
    assert not grant_for("t", "shop", ("fraud",)).covers("diabetes")
    assert grant_for("t", "ops").covers("diabetes")


def test_inferring_includes_reading_and_not_the_other_way_round():
    assert grant_for("t", "shop", scope="infer").allows("read")
    assert not grant_for("t", "shop", scope="read").allows("infer")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "document: Invalid JSON"),
        ('{"format": 2}', "format: Input should be 1"),
        ('{"tokens": [{"name": "a"}]}', "tokens.0.sha256: Field required"),
        ('{"token": []}', "token: Extra inputs are not permitted"),
    ],
)
def test_a_document_that_is_none_is_refused_by_field(text, problem):
    with pytest.raises(GrantsError, match=f"^tokens.json: .*{problem}"):
        read_grants(text, "tokens.json")


def test_a_token_put_where_its_digest_belongs_is_not_told():
    document = Grants(tokens=(grant_for("t", "shop"),)).model_dump_json()
    wrong = document.replace(grant_for("t", "shop").sha256, "slw_secret")
    with pytest.raises(GrantsError, match="sha256") as told:
        read_grants(wrong, "tokens.json")
    assert "slw_secret" not in str(told.value)


def test_a_name_stands_for_one_token():
    twice = Grants.model_construct(tokens=(grant_for("a", "shop"), grant_for("b", "shop")))
    with pytest.raises(GrantsError, match="named twice: shop"):
        read_grants(twice.model_dump_json(), "tokens.json")


def test_a_rate_that_is_none_is_refused_where_it_is_given():
    with pytest.raises(GrantsError, match=r"token 'shop': rate: .*many"):
        grant_for("t", "shop", rate="many")


def test_a_name_that_cannot_be_is_refused():
    with pytest.raises(GrantsError, match="token 'The Shop': name: String should match"):
        grant_for("t", "The Shop")
