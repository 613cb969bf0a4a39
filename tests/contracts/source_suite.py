"""What every source of files promises, whatever is behind it.

A class per adapter inherits `SourceContract` and gives the fixture `shelf`: an empty place with
`put(name, content)`, `remove(name)` and `source(pattern)`.
"""

from typing import Protocol

import pytest

from platform_assets.data.sources.port import Source
from platform_assets.errors import ArrivalChanged, SpecError

ROWS = b"id\n1\n"
LARGE = bytes(range(256)) * 20_000


class Shelf(Protocol):
    """A place that a test can fill."""

    def put(self, name: str, content: bytes) -> None: ...

    def remove(self, name: str) -> None: ...

    def source(self, pattern: str) -> Source: ...


def names(source: Source) -> list[str]:
    return [arrival.name for arrival in source.listing().finished]


def one(source: Source):
    (arrival,) = source.listing().finished
    return arrival


class SourceContract:
    def test_an_empty_place_holds_nothing(self, shelf):
        listing = shelf.source("*.csv").listing()
        assert (listing.finished, dict(listing.skipped)) == ((), {})

    def test_what_has_arrived_is_listed_in_order_of_name_with_its_size(self, shelf):
        for name in ("b.csv", "a.csv", "ü.csv", "a b.csv"):
            shelf.put(name, ROWS)
        finished = shelf.source("*.csv").listing().finished
        assert [arrival.name for arrival in finished] == ["a b.csv", "a.csv", "b.csv", "ü.csv"]
        assert {arrival.size for arrival in finished} == {len(ROWS)}

    def test_nothing_is_changed_by_looking(self, shelf):
        shelf.put("a.csv", ROWS)
        assert shelf.source("*.csv").listing() == shelf.source("*.csv").listing()

    def test_another_content_under_the_same_name_has_another_stamp(self, shelf):
        shelf.put("a.csv", ROWS)
        before = one(shelf.source("*.csv"))
        shelf.put("a.csv", b"id\n2\n")
        after = one(shelf.source("*.csv"))
        assert (after.name, after.size) == (before.name, before.size)
        assert after.stamp != before.stamp

    @pytest.mark.parametrize("content", [b"", ROWS, LARGE], ids=["empty", "small", "large"])
    def test_the_whole_content_can_be_read(self, shelf, content):
        shelf.put("a.csv", content)
        source = shelf.source("*.csv")
        with source.open(one(source)) as file:
            assert file.read() == content

    def test_a_content_can_be_read_in_parts(self, shelf):
        shelf.put("a.csv", LARGE)
        source = shelf.source("*.csv")
        with source.open(one(source)) as file:
            parts = list(iter(lambda: file.read(777_777), b""))
        assert {len(part) for part in parts[:-1]} == {777_777}
        assert b"".join(parts) == LARGE

    def test_an_arrival_that_has_changed_cannot_be_read_as_what_it_was(self, shelf):
        shelf.put("a.csv", ROWS)
        source = shelf.source("*.csv")
        arrival = one(source)
        shelf.put("a.csv", b"id\n2\n")
        with pytest.raises(ArrivalChanged, match=r"'a\.csv' changed while it was read \(was "):
            source.open(arrival)

    def test_an_arrival_that_is_gone_cannot_be_read(self, shelf):
        shelf.put("a.csv", ROWS)
        source = shelf.source("*.csv")
        arrival = one(source)
        shelf.remove("a.csv")
        with pytest.raises(ArrivalChanged, match="now gone"):
            source.open(arrival)

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            (".a.csv", "hidden"),
            ("a.csv.part", "still being written"),
            ("a.tmp", "still being written"),
            ("a.txt", r"does not match '*.csv'"),
            ("A.CSV", r"does not match '*.csv'"),
        ],
    )
    def test_what_is_no_delivery_is_skipped_with_its_reason(self, shelf, name, reason):
        shelf.put(name, ROWS)
        listing = shelf.source("*.csv").listing()
        assert (listing.finished, dict(listing.skipped)) == ((), {name: reason})

    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("*.csv", ["a.csv"]),
            ("2024/*.csv", ["2024/b.csv"]),
            ("*/*.csv", ["2023/c.csv", "2024/b.csv"]),
            ("**/*.csv", ["2023/c.csv", "2024/05/d.csv", "2024/b.csv", "a.csv"]),
            ("2024/**/*.csv", ["2024/05/d.csv", "2024/b.csv"]),
            ("202[34]/?.csv", ["2023/c.csv", "2024/b.csv"]),
            ("202[!3]/**", ["2024/05/d.csv", "2024/b.csv"]),
        ],
    )
    def test_a_pattern_chooses_by_folder_and_name(self, shelf, pattern, found):
        for name in ("a.csv", "2024/b.csv", "2023/c.csv", "2024/05/d.csv", ".old/e.csv"):
            shelf.put(name, ROWS)
        assert names(shelf.source(pattern)) == found

    @pytest.mark.parametrize("pattern", ["/etc/*", "../*.csv", "a//*.csv", ""])
    def test_a_pattern_that_leaves_the_place_is_refused(self, shelf, pattern):
        with pytest.raises(SpecError, match=r"source\.pattern: got '.*', expected a glob below"):
            shelf.source(pattern)

    def test_its_place_can_be_told(self, shelf):
        assert shelf.source("*.csv").place.endswith("landing")
