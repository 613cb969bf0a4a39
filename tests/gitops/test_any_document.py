"""Any plain document survives the way through its text, and differs only where it differs."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.yaml_text import Misfit, Reader, Refused, block, difference, dump, load

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["=", "<<", "yes", "0x1f", "1:30", "2026-01-01", "~", "null", "1e3", "- a"])
)
DOCUMENTS = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_a_document_is_read_as_it_was_written(document):
    assert load(dump(document)) == document


@given(DOCUMENTS)
def test_equal_documents_have_one_text(document):
    assert dump(copy.deepcopy(document)) == dump(document)
    assert dump(load(dump(document))) == dump(document)


@given(st.text(alphabet=st.characters(codec="ascii", categories=("L", "N", "P")), max_size=40))
def test_a_block_is_read_as_the_text_it_holds(line):
    assert load(dump({"a": block(f"{line}\n")})) == {"a": f"{line}\n"}


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document):
    assert difference(document, copy.deepcopy(document)) is None


@given(st.dictionaries(st.text(max_size=4), PLAIN, max_size=4), st.text(max_size=4), PLAIN)
def test_a_changed_value_is_found_under_its_key(document, key, value):
    changed = {**document, key: value}
    found = difference(document, changed)
    same = key in document and type(document[key]) is type(value) and document[key] == value
    assert (found is None) == same
    if found:
        assert found[0] == key


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        load(text)
    except Refused as refused:
        reason = str(refused)
        assert reason, text


@given(DOCUMENTS, st.lists(st.text(max_size=3) | st.integers(-2, 2), min_size=1, max_size=3))
def test_a_reader_finds_a_value_or_names_the_key_it_missed(document, keys):
    try:
        Reader(document).at(*keys)
    except Misfit as missed:
        key = missed.key
        assert ".".join(map(str, keys)).startswith(key)


def test_a_text_of_exactly_the_largest_size_is_read():
    assert load("'" + "x" * (64 * 1024 - 2) + "'")
    with pytest.raises(Refused, match="65537 characters"):
        load("'" + "x" * (64 * 1024 - 1) + "'")
