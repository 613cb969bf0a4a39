"""A person's rows leave every table for good; whatever interrupts that, all other rows stay."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from platform_assets.data import mended
from platform_assets.data.forgetting import forget, look
from platform_assets.data.mending import mend
from platform_assets.data.subject import Subject, subject
from resources.errors import LakeError
from tests.support.yard import BAD, Died, DyingLake, Yard, with_bad_rows

HEAD = "_delivery,_row,order,amount,channel,returned\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Two deliveries with bad rows, of which o1 and o2 are mended."""
    made = Yard(tmp_path_factory.mktemp("prepared"))
    ragged = with_bad_rows().to_csv(index=False) + "o99,5\n"
    made.deliver("a.csv", ragged.encode())
    made.deliver("b.csv", with_bad_rows(first=100))
    file = made.home / "mended.csv"
    file.write_text(f"{HEAD}1,1,o1,1,web,0\n1,2,o2,2,web,0\n")
    mend(made.cleaner(), file)
    made.cleaner().run()
    return made


@pytest.fixture
def yard(prepared, tmp_path):
    shutil.copytree(prepared.home, tmp_path / "yard")
    return Yard(tmp_path / "yard")


def person(yard, *ids: str) -> Subject:
    return subject("tiny", yard.cleaner().contract, None, ids)


def everywhere(yard, text: bytes) -> list[Path]:
    """The files of the lake that hold a text as it is: logs, and values that are not compressed."""
    return [
        file for file in Path(yard.root).rglob("*") if file.is_file() and text in file.read_bytes()
    ]


def test_the_rows_leave_clean_rows_quarantine_and_what_was_delivered(yard):
    done = forget(yard.cleaner(), person(yard, "o0", "o5", "o119"))
    assert done.found.rows == 3
    assert {"o0", "o5", "o119"} & yard.ids() == set()
    assert b"o119" not in yard.bytes_of(2)
    assert (yard.clean(), yard.quarantined(), yard.whole()) == (
        34,
        {BAD: 3, "row:columns": 1},
        True,
    )


def test_the_other_rows_stay_byte_for_byte_and_other_deliveries_as_they_were(yard):
    before = {number: yard.bytes_of(number) for number in (1, 2)}
    forget(yard.cleaner(), person(yard, "o5"))
    left = [line for line in before[1].splitlines(True) if not line.startswith(b"o5,")]
    assert yard.bytes_of(1) == b"".join(left)
    assert yard.bytes_of(2) == before[2]


def test_a_delivery_keeps_number_name_and_digest_so_that_it_does_not_come_back(yard):
    before = [(one.number, one.file, one.digest) for one in yard.all()]
    content = (yard.landing / "a.csv").read_bytes()
    forget(yard.cleaner(), person(yard, "o5"))
    yard.deliver("again.csv", content)
    assert [(one.number, one.file, one.digest) for one in yard.all()] == before
    assert "o5" not in yard.ids()


def test_a_row_that_cannot_be_taken_apart_goes_if_it_holds_the_id(yard):
    forget(yard.cleaner(), person(yard, "o99"))
    assert yard.quarantined() == {BAD: 4}
    assert b"o99" not in yard.bytes_of(1)


def test_mended_rows_go_too_and_the_others_stay_mended_in_their_new_places(yard):
    forget(yard.cleaner(), person(yard, "o1"))
    rows = mended.read(yard.lake, "tiny", ["order"]).rows
    assert rows.rows() == [("o2", 1, 1)]
    assert "o2" in yard.lake.read("tiny/cleaned").column("order").to_pylist()


def test_a_row_whose_id_was_only_mended_in_is_found(yard):
    file = yard.home / "mended.csv"
    file.write_text(f"{HEAD}1,20,o77,5,web,0\n")
    mend(yard.cleaner(), file)
    assert forget(yard.cleaner(), person(yard, "o77")).found.rows == 1
    assert yard.quarantined() == {BAD: 4}


def test_nothing_of_the_rows_is_left_in_any_file_of_the_lake(yard):
    assert everywhere(yard, b"o119")
    forget(yard.cleaner(), person(yard, "o119"))
    assert everywhere(yard, b"o119") == []


def test_earlier_versions_can_no_longer_be_read(yard):
    before = yard.lake.version("tiny/cleaned")
    forget(yard.cleaner(), person(yard, "o5"))
    with pytest.raises(LakeError):
        yard.lake.read("tiny/cleaned", before)


def test_whoever_has_no_rows_changes_no_row(yard):
    before = yard.bytes_of(1), yard.clean(), yard.quarantined()
    assert forget(yard.cleaner(), person(yard, "nobody")).found.rows == 0
    assert (yard.bytes_of(1), yard.clean(), yard.quarantined()) == before


def test_the_newest_training_set_loses_the_rows_too(yard):
    yard.lake.overwrite("tiny/training_set", yard.lake.read("tiny/cleaned"), "f1")
    assert forget(yard.cleaner(), person(yard, "o5", "o6")).training_rows == 2
    left = yard.lake.read("tiny/training_set").column("order").to_pylist()
    assert {"o5", "o6"} & set(left) == set()
    assert yard.lake.fingerprint("tiny/training_set") != "f1"


def test_a_later_delivery_lands_behind_what_was_forgotten(yard):
    forget(yard.cleaner(), person(yard, "o5"))
    yard.deliver("c.csv", with_bad_rows(first=200))
    assert [one.number for one in yard.all()] == [1, 2, 3]
    assert "o210" in yard.ids()
    assert yard.whole()


def test_a_delivery_that_cannot_be_taken_apart_is_named_if_it_holds_the_id(yard):
    yard.deliver("c.csv", b"order,amount\no5,2\n")
    found = look(yard.cleaner(), person(yard, "o5"))
    assert [one.file for one in found.unreadable] == ["c.csv"]
    assert look(yard.cleaner(), person(yard, "o6")).unreadable == ()


@pytest.mark.parametrize("at", range(25))
def test_broken_off_at_any_write_it_is_finished_by_the_same_request(yard, at):
    lake = DyingLake(yard.root, at)
    with suppress(Died):
        forget(yard.cleaner(lake), person(yard, "o0", "o1", "o119"))
    forget(yard.cleaner(), person(yard, "o0", "o1", "o119"))
    assert {"o0", "o1", "o119"} & yard.ids() == set()
    assert everywhere(yard, b"o119") == []
    assert (yard.clean(), yard.quarantined(), yard.whole()) == (
        34,
        {BAD: 3, "row:columns": 1},
        True,
    )
    assert mended.read(yard.lake, "tiny", ["order"]).rows.rows() == [("o2", 1, 0)]


@pytest.mark.parametrize("at", range(1, 9, 2))
def test_broken_off_and_never_asked_for_again_the_next_pass_still_accounts_for_every_row(yard, at):
    with suppress(Died):
        forget(yard.cleaner(DyingLake(yard.root, at)), person(yard, "o1", "o5"))
    yard.cleaner().run()
    assert yard.whole()
    assert "o2" in yard.lake.read("tiny/cleaned").column("order").to_pylist()
