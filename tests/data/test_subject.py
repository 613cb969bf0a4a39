"""Whose rows they are, and by which columns that may be asked."""

import polars as pl
import pytest

from platform_assets.data.columns import Column
from platform_assets.data.contract import Contract
from platform_assets.data.subject import Subject, subject
from platform_assets.errors import ForgetRefused

CONTRACT = Contract(
    (
        Column("order", "text", False),
        Column("customer", "int", False, personal=True),
        Column("amount", "float", True),
    ),
    key="order",
)


def among(kind: str, ids: tuple[str, ...], *values: str | None) -> list[bool]:
    column = Column("who", kind, False)
    return Subject(column, ids).among(pl.Series(values, dtype=pl.String)).to_list()


def test_a_text_is_compared_without_the_spaces_around_it():
    assert among("text", ("ann", "bo"), "ann", " bo ", "Ann", "anna", None) == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_a_number_is_compared_as_the_contract_reads_it():
    assert among("int", ("7",), "7", "7.0", "07", "77", "x", None) == [True] * 3 + [False] * 3


def test_an_id_that_is_no_number_finds_the_text_that_is_none_either():
    assert among("int", ("x7",), "x7", "7", None) == [True, False, False]


@pytest.mark.parametrize(
    ("content", "named"),
    [(b"3,ann,web", True), (b'"ann"', True), (b"joanna", False), (b"ann2", False), (b"", False)],
)
def test_bytes_that_cannot_be_taken_apart_are_searched_for_the_id_as_a_word(content, named):
    assert Subject(CONTRACT.columns[0], ("bo", "ann")).named_in(content) is named


def test_without_a_column_the_model_s_id_is_meant():
    assert subject("shop", CONTRACT, None, ("1",)).column.name == "order"
    assert subject("shop", CONTRACT, "customer", ("1",)).column.name == "customer"


@pytest.mark.parametrize("name", ["amount", "colour"])
def test_a_column_that_is_not_tagged_personal_is_refused_with_those_that_are(name):
    with pytest.raises(ForgetRefused, match=rf"--column {name}, expected .* personal: customer"):
        subject("shop", CONTRACT, name, ("1",))


def test_a_model_without_an_id_says_how_to_tag_a_column():
    with pytest.raises(ForgetRefused, match=r"no `id` in defs.yaml, expected .* none; tag one"):
        subject("shop", Contract(CONTRACT.columns[:1]), None, ("1",))
