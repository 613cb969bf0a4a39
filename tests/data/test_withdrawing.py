"""A delivery is taken out on record, and the same bytes may come again."""

import gzip

import pytest

from platform_assets.data import withdrawing
from platform_assets.data.ledger import Outcome
from platform_assets.data.mending import mend
from platform_assets.data.withdrawing import look, withdraw
from platform_assets.errors import WithdrawalRefused
from tests.support.delivered import Deliveries, orders

BROKEN = gzip.compress(orders(10, 5))[:-12]


@pytest.fixture
def deliveries(tmp_path):
    """A good file, one cut off, and another good one."""
    made = Deliveries(str(tmp_path / "lake"), tmp_path / "landing")
    made.process("1.csv", orders(0, 3))
    made.process("2.csv", BROKEN)
    made.process("3.csv", orders(3, 2))
    return made


def test_a_broken_file_stands_in_the_way_until_it_is_withdrawn(deliveries):
    assert deliveries.broken_rows() == [("2.csv", 0, "file:gzip")]
    assert (look(deliveries.cleaner, "2.csv").clean, look(deliveries.cleaner, "2").bad) == (0, 1)
    gone = withdraw(deliveries.cleaner, "2.csv")
    assert (gone.number, gone.size) == (2, len(BROKEN))
    assert deliveries.broken_rows() == []
    assert deliveries.places() == {1: [0, 1, 2], 3: [0, 1]}


def test_its_number_and_name_stay_on_record_without_its_bytes(deliveries):
    before = deliveries.landed()[1]
    withdraw(deliveries.cleaner, "2")
    after = deliveries.landed()[1]
    assert (after.number, after.file, after.size) == (2, "2.csv", 0)
    assert after.digest == f"withdrawn:{before.digest}"


def test_the_same_bytes_land_again_under_a_new_name_and_not_under_the_old(deliveries):
    withdraw(deliveries.cleaner, "3.csv")
    deliveries.deliver("3-again.csv", orders(3, 2))
    assert deliveries.take_in().names(Outcome.LANDED) == ["3-again.csv"]
    deliveries.clean()
    assert deliveries.places() == {1: [0, 1, 2], 2: [0], 4: [0, 1]}
    deliveries.deliver("3.csv", orders(3, 3))
    assert deliveries.take_in().names(Outcome.CHANGED) == ["3.csv"]


def test_later_rows_are_no_longer_repeats_of_it(deliveries):
    deliveries.process("4.csv", orders(3, 6))
    assert "duplicate:order" in [rule for _, _, rule in deliveries.broken_rows()]
    withdraw(deliveries.cleaner, "3.csv")
    assert deliveries.clean_rows()[-6:] == [(f"o{n}", n + 0.5, "web") for n in range(3, 9)]
    assert deliveries.broken_rows() == [("2.csv", 0, "file:gzip")]


def test_rows_mended_in_other_deliveries_stay_mended(deliveries, tmp_path):
    deliveries.process("4.csv", orders(20, 4, "o30,1,pigeon"))
    mended = tmp_path / "mended.csv"
    mended.write_text("_delivery,_row,_rule,order,amount,channel\n4,4,x,o30,1,web\n")
    assert mend(deliveries.cleaner, mended) == 1
    withdraw(deliveries.cleaner, "2.csv")
    assert deliveries.places()[4] == [0, 1, 2, 3, 4]
    assert deliveries.broken_rows() == []


@pytest.mark.parametrize(
    ("named", "reason"), [("9.csv", "no such delivery; the last: 1.csv, 2.csv, 3.csv"), ("7", "no")]
)
def test_what_is_not_there_cannot_be_withdrawn(deliveries, named, reason):
    with pytest.raises(WithdrawalRefused, match=f"orders: '{named}' is not withdrawn: {reason}"):
        withdraw(deliveries.cleaner, named)


def test_a_second_withdrawal_is_refused_and_changes_nothing(deliveries):
    withdraw(deliveries.cleaner, "2.csv")
    version = deliveries.lake.version("orders/raw")
    with pytest.raises(WithdrawalRefused, match="it is withdrawn already"):
        withdraw(deliveries.cleaner, "2.csv")
    assert deliveries.lake.version("orders/raw") == version


def test_a_withdrawal_that_died_before_judging_anew_is_finished_by_the_next_run(
    deliveries, monkeypatch
):
    def die(_: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(withdrawing.Cleaner, "run", die)
        with pytest.raises(InterruptedError):
            withdraw(deliveries.cleaner, "2.csv")
    assert deliveries.broken_rows() == [("2.csv", 0, "file:gzip")]
    deliveries.clean()
    assert deliveries.places() == {1: [0, 1, 2], 3: [0, 1]}
