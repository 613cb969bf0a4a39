import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.sources.row_text import fingerprint, read, text, write

MOMENT = datetime(2026, 1, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
ROWS = st.lists(st.tuples(*[st.none() | st.text()] * 2))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        ("", ""),
        ("ü", "ü"),
        (True, "true"),
        (2**63, "9223372036854775808"),
        (0.1, "0.1"),
        (Decimal("1.10"), "1.10"),
        (MOMENT.replace(tzinfo=None), "2026-01-01 12:00:00.000005"),
        (MOMENT, "2026-01-01 10:00:00.000005+00:00"),
        (date(2026, 1, 1), "2026-01-01"),
        (time(12, 30), "12:30:00"),
        (timedelta(minutes=1, microseconds=5), "60.000005"),
        (b"\x00\xff", "00ff"),
        (memoryview(b"\x01"), "01"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"b": [1, None], "a": "ü"}, '{"a": "ü", "b": [1, null]}'),
        ([Decimal("1.10"), date(2026, 1, 1)], '["1.10", "2026-01-01"]'),
    ],
)
def test_every_value_has_one_text(value, written):
    assert text(value) == written


@given(at=st.datetimes(timezones=st.timezones()))
def test_the_same_moment_is_the_same_text_in_every_zone(at):
    assert text(at) == text(at.astimezone(UTC))


@given(rows=ROWS)
def test_what_is_written_is_read_again(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    kept = [row for row in rows if row[0] is not None]
    assert write(path, "one", ["a", "b"], rows) == len(rows)
    columns, found = read(path, ["a", "b"], "a", {row[0] for row in kept})
    assert (columns, list(found)) == (["a", "b"], kept)


def test_rows_with_certain_values_are_read_in_the_columns_that_are_there(tmp_path):
    write(tmp_path / "rows", "one", ["a", "b"], [("1", "2"), ("1", "3")])
    columns, found = read(tmp_path / "rows", ["c", "b"], "b", {"3", "4"})
    assert (columns, list(found)) == (["b"], [("3",)])


def test_two_pulls_with_the_same_rows_are_different_bytes(tmp_path):
    for place, name in (("x", "one"), ("y", "one"), ("z", "two")):
        write(tmp_path / place, name, ["a"], [("1",)] * 30_000)
    x, y, z = ((tmp_path / place).read_bytes() for place in "xyz")
    assert x == y != z


@pytest.mark.parametrize("other", [("a", None), ("a", "b", ""), ("ab",), ("a", "B"), ("b", "a")])
def test_different_rows_have_different_fingerprints(other):
    assert fingerprint(("a", "b")) != fingerprint(other)
