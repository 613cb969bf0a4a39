import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.reading import utf8
from platform_assets.data.reading.utf8 import Utf8, is_marked, original, unmarked


def decoded(content, encoding="utf-8"):
    text = Utf8(io.BytesIO(content), encoding)
    return text.stream().read().decode(), text


def has_mark(content):
    return any("\U0010f700" <= one <= "\U0010f7ff" for one in content.decode(errors="ignore"))


@given(st.binary().filter(lambda content: not has_mark(content)))
def test_any_bytes_come_back(content):
    text, _ = decoded(content)
    whole = content.removeprefix(b"\xef\xbb\xbf")
    assert original(text) == (whole if whole.endswith(b"\n") or not whole else whole + b"\n")


@given(st.text())
def test_text_that_can_be_decoded_is_left_alone_and_not_marked(content):
    text, told = decoded(content.encode())
    assert text.removesuffix("\n") == content.removeprefix("\ufeff").removesuffix("\n")
    assert not told.marked


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "shift_jis"])
def test_other_encodings_are_read_by_their_name(encoding):
    text, told = decoded("price,1\n".encode(encoding), encoding)
    assert (text, told.marked) == ("price,1\n", False)


def test_a_byte_that_has_no_meaning_marks_the_one_value_that_holds_it():
    text, told = decoded(b"caf\xe9\ncaf\xc3\xa9\n")
    assert told.marked
    assert is_marked(pl.Series([*text.split(), None])).to_list() == [True, False, None]
    assert unmarked(text) == "caf\\xe9\ncafé\n"
    assert original(text) == b"caf\xe9\ncaf\xc3\xa9\n"


def test_characters_of_fonts_and_keyboards_are_no_undecodable_bytes():
    text, told = decoded(b"caf\xe9\n" + "\uf7e9\uf8ff\n".encode())
    assert told.marked
    assert is_marked(pl.Series(text.split())).to_list() == [True, False]


def test_a_character_cut_by_the_end_of_the_file_is_marked():
    text, told = decoded(b"caf\xc3")
    assert told.marked
    assert original(text) == b"caf\xc3\n"


def test_a_character_that_lies_across_two_chunks_is_whole(monkeypatch):
    monkeypatch.setattr(utf8, "CHUNK", 3)
    text, told = decoded("ab€ä😀\n".encode())
    assert (text, told.marked) == ("ab€ä😀\n", False)


def test_a_byte_order_mark_is_no_part_of_the_first_value():
    assert decoded(b"\xef\xbb\xbfid\n")[0] == "id\n"


@pytest.mark.parametrize("content", [b"\xef", b"\xef\xbb"])
def test_a_file_that_ends_within_a_byte_order_mark_is_not_lost(content):
    """Python's own decoder for such marks gives nothing for it."""
    text, told = decoded(content)
    assert told.marked
    assert original(text) == content + b"\n"


@pytest.mark.parametrize(
    ("content", "text"), [(b"", ""), (b"a", "a\n"), (b"a\n", "a\n"), (b"\n", "\n")]
)
def test_the_last_line_always_ends(content, text):
    assert decoded(content)[0] == text


@given(st.text('a"\n', max_size=30))
def test_quotes_are_counted(content):
    assert decoded(content.encode())[1].quotes == content.count('"')


def test_two_texts_read_in_turns_are_marked_each_for_itself():
    """The handler of whichever was opened last marked them all."""
    spoilt, sound = (Utf8(io.BytesIO(one), "utf-8") for one in (b"caf\xe9\n", b"tea\n"))
    assert (spoilt.stream().read(), sound.stream().read()) != (b"", b"")
    assert (spoilt.marked, sound.marked) == (True, False)
