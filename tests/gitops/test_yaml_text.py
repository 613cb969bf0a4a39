import pytest

from gitops.yaml_text import Misfit, Reader, Refused, block, difference, dump, load

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "anchor &a"),
        ("a: *x", "alias"),
        ("[" * 60 + "]" * 60, "nesting deeper than 40"),
        ("[" * 30_000, "nesting deeper than 40"),
        ("x" * 70_000, "at most 65536"),
        ("!!python/object/apply:os.system [id]", "tag .*os.system, expected plain"),
        ("a: b: c", "mapping values are not allowed"),
        ("a: 1\n---\nb: 2\n", "single document"),
        ("{[a]: 1}", "no plain value, in line 1"),
        ("a: 2026-99-99", "month must be in 1..12"),
        ("\x07", "special characters"),
    ],
)
def test_a_text_with_more_than_plain_values_is_refused(text, message):
    with pytest.raises(Refused, match=message):
        load(text)


def test_a_document_is_written_in_the_order_given():
    assert dump({"b": 1, "a": [{"x": "y"}]}) == "b: 1\na:\n  - x: y\n"


def test_a_text_in_a_text_is_written_as_a_block():
    assert dump({"a": block("one\ntwo\n")}) == "a: |\n  one\n  two\n"


def test_the_same_object_twice_is_written_twice():
    same = {"x": 1}
    assert load(dump({"a": same, "b": same})) == {"a": same, "b": same}


def test_long_lines_are_not_folded():
    assert dump({"a": "word " * 100 + "end"}).count("\n") == 1


@pytest.mark.parametrize(
    ("got", "key"),
    [
        ({"a": {"b": [1, 2]}}, None),
        ({"a": {"b": [1, 3]}}, "a.b[1]"),
        ({"a": {"b": [1]}}, "a.b"),
        ({"a": {"b": [1, 2], "c": 0}}, "a.c"),
        ({"a": {}}, "a.b"),
        ({"a": {"b": [1, 2.0]}}, "a.b[1]"),
        ({"a": {"b": [True, 2]}}, "a.b[0]"),
        ([], ""),
    ],
)
def test_the_first_difference_is_named(got, key):
    found = difference({"a": {"b": [1, 2]}}, got)
    assert (found and found[0]) == key


def test_a_reader_names_the_key_it_missed():
    reader = Reader({"a": [{"b": 1}], "inner": "c: [1]"})
    assert reader.at("a", 0).value(int, "b") == 1
    assert reader.yaml("inner").value(int, "c", 0) == 1
    with pytest.raises(Misfit, match=r"a\.0\.c: got None"):
        reader.value(int, "a", 0, "c")
    with pytest.raises(Misfit, match=r"a\.0\.b: got 1, expected a value of type str"):
        reader.at("a", 0).value(str, "b")
    with pytest.raises(Misfit, match="a: got"):
        reader.yaml("a")
