import io
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.reading.pieces import Pieces, buffered, in_blocks, pieces

PIECES = st.lists(st.binary(max_size=9), max_size=9)


@given(PIECES, st.integers(1, 7), st.integers(1, 20))
def test_the_pieces_are_read_one_after_the_other_whatever_is_asked_for(pieces, size, ask):
    file = buffered(pieces, size)
    found = []
    while block := file.read(ask):
        found.append(block)
    assert b"".join(found) == b"".join(pieces)
    assert all(len(block) == ask for block in found[:-1])


@given(PIECES)
def test_lines_go_across_pieces(pieces):
    assert list(buffered(pieces, 4)) == list(io.BytesIO(b"".join(pieces)))


def test_a_piece_is_fetched_when_it_is_needed():
    fetched = []
    file = Pieces(fetched.append(name) or name for name in (b"a", b"b", b"c"))
    assert fetched == []
    assert file.read(1) == b"a"
    assert fetched == [b"a"]


def test_the_start_can_be_peeked_at():
    file = buffered([b"id,amount\n", b"1,2\n"], 64)
    assert file.peek(2).startswith(b"id")
    assert file.read() == b"id,amount\n1,2\n"


@given(PIECES, st.integers(1, 7), st.integers(0, 20))
def test_the_rest_of_a_stream_comes_as_pieces(some, size, before):
    for file in (buffered(some, size), io.BufferedReader(io.BytesIO(b"".join(some)))):
        start = file.read(before)
        rest = list(pieces(file, size))
        assert start + b"".join(rest) == b"".join(some)
        assert all(len(piece) for piece in rest)


@given(PIECES, st.integers(1, 7))
def test_blocks_are_as_large_as_they_may_be_and_no_larger(some, size):
    blocks = list(in_blocks(some, size))
    assert b"".join(blocks) == b"".join(some)
    assert all(0 < len(block) <= size for block in blocks)
    assert all(len(one) + len(other) > size for one, other in pairwise(blocks))
