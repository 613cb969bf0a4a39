"""Whether bytes that cannot be taken apart hold a person's id, or nobody can tell."""

import gzip
import io

import pytest

from platform_assets.data import untaken
from platform_assets.data.columns import Column
from platform_assets.data.subject import Subject

PLAIN = b"order,amount\no5,2\n" + b"".join(b"a%d,1\n" % number for number in range(4000))
PACKED = gzip.compress(PLAIN)


def holds(content: bytes, *ids: str, encoding: str = "utf-8") -> bool | None:
    subject = Subject(Column("order", "text", nullable=False), ids)
    return untaken.holds(lambda: io.BufferedReader(io.BytesIO(content)), subject, encoding)


@pytest.mark.parametrize("content", [PLAIN, PACKED, b"", b"\n", "naïve".encode()])
def test_text_is_searched_to_its_end_also_gzipped(content):
    assert holds(content, "o5") is (len(content) > 6)
    assert holds(content, "o6") is False


@pytest.mark.parametrize(
    "content",
    [
        PACKED[:-9],
        PACKED[: len(PACKED) // 2],
        PLAIN.decode().encode("utf-16"),
        PLAIN.decode().encode("utf-16-le"),
        b"PAR1" + bytes(40),
        b"caf\xe9",
    ],
)
def test_of_what_is_no_text_to_its_end_nobody_can_tell(content):
    """These were passed over in silence, as if they did not hold the id."""
    assert holds(content, "o6") is None


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_the_stated_encoding_is_the_one_that_is_searched(encoding):
    content = "zoë,1\n".encode(encoding)
    assert holds(content, "zoë", encoding=encoding) is True
    assert holds(content, "chloë", encoding=encoding) is False


def test_json_may_spell_a_letter_by_its_number():
    assert holds(b'{"who": "zo\\u00eb"', "zoë") is True


def test_an_id_across_two_pieces_is_found(monkeypatch):
    monkeypatch.setattr(untaken, "_PIECE", 3)
    assert holds(b"1,person-77,x", "person-77") is True
