from dataclasses import replace

import pytest

from platform_assets.data.contract import ROW, RULE
from platform_assets.data.repeats import Repeats
from platform_assets.data.sorting import OVERTAKEN, REFUSED, Reconsider
from platform_assets.errors import FileUnreadable
from tests.support.delivered import orders

BAD = "o9,-1,web"


def landed(deliveries, *contents):
    for number, content in enumerate(contents):
        deliveries.deliver(f"{number}.csv", content)
    deliveries.take_in()
    return deliveries.landed()


def sorted_rows(parts):
    """Places of the clean rows, and rule by place of the broken ones."""
    found = [(part.clean.to_pylist(), part.broken.to_pylist()) for part in parts]
    clean = [row[ROW] for rows, _ in found for row in rows]
    return clean, {row[ROW]: row[RULE] for _, rows in found for row in rows}


def test_each_row_is_on_one_side_with_its_place(deliveries):
    files = landed(deliveries, orders(0, 3, BAD, "ragged"))
    clean, broken = sorted_rows(deliveries.sorter().parts(files, Repeats()))
    assert clean == [0, 1, 2]
    assert broken == {3: "value:amount:greater_than_or_equal_to(0)", 4: "row:columns"}


def test_both_sides_have_the_schemas_of_their_tables(deliveries):
    files = landed(deliveries, orders(0, 2, BAD, "ragged"), b"")
    contract = deliveries.cleaner.contract
    sorter = deliveries.sorter(verdicts={2: FileUnreadable("empty", "it holds no line")})
    for part in sorter.parts(files, Repeats()):
        assert part.clean.schema.equals(contract.clean_schema())
        assert part.broken.schema.equals(contract.broken_schema())


def test_a_ragged_row_keeps_its_bytes_and_a_broken_one_its_text(deliveries):
    files = landed(deliveries, orders(0, 3, BAD) + b"rag\xff")
    broken = [
        row for part in deliveries.sorter().parts(files, None) for row in part.broken.to_pylist()
    ]
    text, ragged = broken
    assert (text["order"], text["amount"], text["_original"]) == ("o9", "-1", None)
    assert (ragged["order"], ragged["_original"]) == (None, b"rag\xff")
    assert ragged["_detail"] == "expected 3 values, got 1"
    assert {row["_file"] for row in broken} == {"0.csv"}


def test_an_undecodable_value_is_filed_by_its_column(deliveries):
    files = landed(deliveries, orders(0, 3) + b"o\xff,1,web\n")
    _, broken = sorted_rows(deliveries.sorter().parts(files, None))
    assert broken == {3: "encoding:order"}


def test_too_many_bad_rows_have_their_delivery_reconsidered(deliveries):
    files = landed(deliveries, orders(0, 1, "a,x,web", "b,x,web"), orders(5, 2))
    with pytest.raises(Reconsider, match=r"deliveries \[1\]") as found:
        list(deliveries.sorter().parts(files, Repeats()))
    assert found.value.verdicts == {1: None}


def test_a_refused_delivery_is_broken_whole_and_leaves_no_key_behind(deliveries):
    files = landed(deliveries, orders(0, 1, "a,x,web", "b,x,web"), orders(0, 2))
    parts = deliveries.sorter(verdicts={1: None}).parts(files, Repeats())
    found = [sorted_rows([part]) for part in parts]
    assert found == [
        ([], {0: REFUSED, 1: "type:amount", 2: "type:amount"}),
        ([0, 1], {}),
    ]


def test_as_many_bad_rows_as_allowed_are_not_too_many(deliveries):
    files = landed(deliveries, orders(0, 2, "a,x,web", "b,x,web"))
    clean, broken = sorted_rows(deliveries.sorter().parts(files, Repeats()))
    assert (len(clean), len(broken)) == (2, 2)


@pytest.mark.parametrize("content", [b"", b"order,amount\no1,1\n", orders(0, 3) + b'o9,1,"web\n'])
def test_a_file_that_cannot_be_taken_apart_is_reconsidered_behind_the_others(deliveries, content):
    files = landed(deliveries, content, orders(5, 2))
    seen, parts = [], deliveries.sorter().parts(files, Repeats())
    with pytest.raises(Reconsider, match=r"deliveries \[1\]") as found:
        seen.extend(part.delivery.number for part in parts)
    assert isinstance(found.value.verdicts[1], FileUnreadable)
    assert seen[-1] == 2


def test_a_file_that_cannot_be_taken_apart_is_one_row(deliveries):
    files = landed(deliveries, b"")
    error = FileUnreadable("empty", "it holds no line")
    (part,) = deliveries.sorter(verdicts={1: error}).parts(files, Repeats())
    (row,) = part.broken.to_pylist()
    assert part.clean.num_rows == 0
    assert (row["_row"], row["_rule"], row["_detail"]) == (0, "file:empty", "it holds no line")


CASES = {
    "bad rows": orders(0, 3, BAD, "ragged", "", "o0,1,web"),
    "good rows alone": orders(0, 3),
    "too many bad rows": orders(0, 1, BAD, "a,x,web"),
    "no file at all": b"",
    "no rows": orders(0, 0),
}


@pytest.mark.parametrize("content", CASES.values(), ids=CASES)
def test_what_is_missing_from_the_clean_rows_is_what_was_broken(deliveries, content):
    deliveries.process("a.csv", content)
    deliveries.process("b.csv", orders(50, 2))
    lake = deliveries.lake
    for delivery in deliveries.landed():
        where = [("_delivery", "=", delivery.number)]
        kept = lake.read("orders/cleaned", where=where).column(ROW).combine_chunks()
        broken = lake.read("orders/quarantine", where=where).to_pylist()
        again = deliveries.sorter().missing(delivery, kept)
        assert sorted_rows(again) == (sorted(kept.to_pylist()), {r[ROW]: r[RULE] for r in broken})


def test_a_row_that_only_another_contract_would_lose_is_broken_all_the_same(deliveries):
    """The clean rows decide, whoever judged them."""
    deliveries.process("a.csv", orders(0, 3))
    kept = deliveries.lake.read("orders/cleaned").column(ROW).combine_chunks().slice(0, 2)
    keyless = replace(deliveries, key=None).cleaner.contract
    parts = deliveries.sorter(contract=keyless).missing(deliveries.landed()[0], kept)
    assert sorted_rows(parts) == ([0, 1], {2: OVERTAKEN})
