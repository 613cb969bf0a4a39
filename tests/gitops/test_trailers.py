import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.trailers import add_trailers, compose, read_trailers

KEYS = st.from_regex(r"[A-Z][A-Za-z-]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=30)


@given(st.dictionaries(KEYS, VALUES, min_size=1), st.text(max_size=60))
def test_trailers_are_read_as_they_were_written_whatever_the_body(trailers, body):
    assert read_trailers(compose("Subject", body, trailers)) == trailers


def test_a_message_without_trailers_has_none():
    assert read_trailers("Only: a subject") == {}
    assert read_trailers("Subject\n\nJust prose\nModel: fraud\n") == {}


def test_a_value_of_two_lines_becomes_one():
    message = compose("Subject", "", {"By": "ann\nApproved-by: eve"})
    assert read_trailers(message) == {"By": "ann Approved-by: eve"}


@pytest.mark.parametrize("nothing", ["", " ", "\n"])
def test_a_trailer_without_a_value_does_not_take_the_others_along(nothing):
    """Git strips the end of a message, and `Approved-by:` alone made the paragraph one of prose."""
    message = compose("Subject", "", {"Model": "fraud", "Approved-by": nothing}).strip()
    assert read_trailers(message) == {"Model": "fraud"}


def test_more_trailers_join_those_there_are():
    message = add_trailers("Subject\n\nBody\n\nModel: fraud\nBy: ann\n", {"By": "bob", "X": "1"})
    assert message == "Subject\n\nBody\n\nModel: fraud\nBy: bob\nX: 1\n"


def test_a_body_is_kept_when_there_were_no_trailers():
    assert add_trailers("Subject\n\nBody", {"X": "1"}) == "Subject\n\nBody\n\nX: 1\n"
