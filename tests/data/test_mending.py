"""Rows that a person mended land once each, and nothing else changes."""

from contextlib import suppress

import pytest

from platform_assets.data.mending import mend
from platform_assets.data.quarantine import Place, export
from platform_assets.errors import MendRefused
from tests.support.yard import BAD, Died, DyingLake, Yard, with_bad_rows

HEAD = "_delivery,_row,_rule,order,amount,channel,returned\n"


@pytest.fixture
def yard(tmp_path):
    made = Yard(tmp_path)
    late = with_bad_rows().to_csv(index=False) + "o99,5\n"
    made.deliver("a.csv", late.encode())
    made.deliver("b.csv", b"order,amount\n1,2\n")
    return made


def written(yard, text: str):
    file = yard.home / "mended.csv"
    file.write_text(text)
    return file


def exported(yard, **mended: str):
    """The rows in quarantine as a file, with texts of it replaced."""
    file = yard.home / "mended.csv"
    export(yard.cleaner(), Place(), file)
    text = file.read_text()
    for before, after in mended.items():
        text = text.replace(before, after)
    return written(yard, text)


def replay(yard, file) -> int:
    rows = mend(yard.cleaner(), file)
    yard.cleaner().run()
    return rows


def test_mended_rows_become_clean_and_all_rows_are_accounted_for(yard):
    assert replay(yard, exported(yard, street="web")) == 3
    assert yard.quarantined() == {"row:columns": 1, "file:columns": 1}
    assert (yard.clean(), yard.whole()) == (20, True)


def test_a_row_that_could_not_be_taken_apart_becomes_a_whole_one(yard):
    file = written(yard, f"{HEAD}1,20,row:columns,o99,5,web,0\n")
    assert replay(yard, file) == 1
    assert "o99" in yard.ids()
    assert (yard.clean(), yard.whole()) == (18, True)


def test_the_same_file_again_changes_nothing(yard):
    file = exported(yard, street="web")
    replay(yard, file)
    before = [yard.lake.version(f"tiny/{name}") for name in ("mended", "cleaned", "quarantine")]
    assert replay(yard, file) == 0
    after = [yard.lake.version(f"tiny/{name}") for name in ("mended", "cleaned", "quarantine")]
    assert before == after


def test_rows_left_as_they_were_are_no_mends(yard):
    assert replay(yard, exported(yard)) == 0
    assert not yard.lake.exists("tiny/mended")


def test_a_row_can_be_mended_again_and_the_newest_mend_counts(yard):
    for channel in ("lane", "shop", "web"):
        replay(yard, written(yard, f"{HEAD}1,0,,o0,7,{channel},1\n"))
    found = yard.lake.read("tiny/cleaned", where=[("_row", "=", 0)])
    assert found.column("channel").to_pylist() == ["web"]
    assert yard.lake.count("tiny/mended") == 1


def test_a_mend_that_is_bad_as_well_goes_back_to_quarantine_under_its_own_rule(yard):
    replay(yard, written(yard, f"{HEAD}1,0,,o0,dear,web,1\n"))
    assert yard.quarantined()["type:amount"] == 1
    assert yard.whole()


def test_a_mended_delivery_that_was_refused_whole_lands(tmp_path):
    yard = Yard(tmp_path)
    yard.deliver("a.csv", with_bad_rows(rows=20, bad=10))
    assert yard.clean() == 0
    replay(yard, exported(yard, street="web"))
    assert (yard.clean(), yard.quarantined()) == (20, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,7,,o7,1,web,0\n", "row 7 of delivery 1 is not in quarantine"),
        ("9,0,,o7,1,web,0\n", "no delivery has the number 9"),
        ("1,x,,o7,1,web,0\n", "row 1: got"),
        ("2,0,,o7,1,web,0\n", "delivery 2 cannot be taken apart"),
        ("1,0,,o0,1,web,0\n1,0,,o0,2,web,0\n", "names a row twice"),
        ("1,0,,o0,1,web,0,,,\n", "cannot be read"),
    ],
)
def test_a_row_that_is_not_there_to_mend_is_refused_in_one_sentence(yard, text, said):
    with pytest.raises(MendRefused, match=said):
        mend(yard.cleaner(), written(yard, HEAD + text))
    assert not yard.lake.exists("tiny/mended")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("_delivery,_row,order,amount,channel,returned,colour", "unknown columns colour"),
        ("_delivery,_row,order,amount", "missing columns channel, returned"),
        ("", "cannot be read"),
    ],
)
def test_columns_that_do_not_fit_are_named(yard, head, said):
    with pytest.raises(MendRefused, match=said):
        mend(yard.cleaner(), written(yard, f"{head}\n"))


def test_a_file_that_is_not_there_is_named(yard):
    with pytest.raises(MendRefused, match=r"nowhere\.csv"):
        mend(yard.cleaner(), yard.home / "nowhere.csv")


@pytest.mark.parametrize("at", range(4))
def test_broken_off_at_any_write_a_mend_is_finished_by_the_next_replay(yard, at):
    file, lake = exported(yard, street="web"), DyingLake(yard.root, at)
    with suppress(Died):
        mend(yard.cleaner(lake), file)
        yard.cleaner(lake).run()
    replay(yard, file)
    assert (yard.clean(), yard.whole()) == (20, True)
    assert BAD not in yard.quarantined()
    assert yard.lake.count("tiny/mended") == 3


def test_an_export_can_be_replayed_whatever_delivery_comes_first(tmp_path):
    """A file that cannot be taken apart left a second header behind."""
    yard = Yard(tmp_path)
    yard.deliver("a.csv", b"order,amount\n1,2\n")
    yard.deliver("b.csv", with_bad_rows())
    assert replay(yard, exported(yard, street="web")) == 3


def test_a_header_alone_mends_nothing(yard):
    assert replay(yard, written(yard, HEAD)) == 0
