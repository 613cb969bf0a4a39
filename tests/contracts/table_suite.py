"""What a database table promises as a source, whatever the database.

A class per database inherits `TableContract` and gives the fixture `shop`, without orders yet.
"""

import pytest

from platform_assets.data import intake
from platform_assets.data.ledger import Outcome
from platform_assets.errors import SourceUnavailable
from tests.support.stores import at, flat


class TableContract:
    def test_an_empty_table_has_nothing_to_pull(self, shop):
        assert shop.source().listing().finished == ()
        assert shop.pull().version is None

    def test_what_is_there_is_one_delivery_in_order_of_the_cursor(self, shop):
        for number, second in ((1, 30), (2, 10), (3, 20)):
            shop.order(number, at(second))
        assert shop.pull().names(Outcome.LANDED)
        assert shop.ids() == [[2, 3, 1]]

    def test_nothing_is_pulled_a_second_time(self, shop):
        shop.order(1, at(1))
        assert shop.pull_all() == 1
        assert shop.source().listing().finished == ()

    def test_looking_changes_nothing(self, shop):
        shop.order(1, at(1))
        assert shop.source().listing() == shop.source().listing()

    def test_a_large_table_comes_in_batches_that_keep_equal_cursors_together(self, shop):
        for number, second in enumerate((1, 2, 2, 2, 3, 4)):
            shop.order(number, at(second))
        assert shop.pull_all(batch_rows=2) == 2
        assert shop.ids() == [[0, 1, 2, 3], [4, 5]]

    def test_a_row_with_the_cursor_of_the_last_one_is_found(self, shop):
        shop.order(1, at(10))
        shop.pull()
        shop.order(2, at(10))
        assert shop.pull_all() == 1
        assert shop.ids() == [[1], [2]]

    def test_a_row_that_appears_behind_others_is_found_within_the_lag(self, shop):
        shop.order(1, at(100))
        shop.pull()
        shop.order(2, at(41))
        shop.order(3, at(110))
        shop.pull_all()
        assert shop.ids() == [[1], [2, 3]]

    def test_a_row_that_appears_further_back_than_the_lag_is_not_looked_for(self, shop):
        shop.order(1, at(100))
        shop.pull()
        shop.order(2, at(39))
        assert shop.pull_all() == 0

    def test_a_changed_row_is_another_row(self, shop):
        shop.order(1, at(10), amount=5)
        shop.pull()
        shop.do("update orders set amount = 7, at = ? where id = 1", at(20))
        shop.pull_all()
        assert [row[2] for row in flat(shop.taken())] == ["5", "7"]

    def test_equal_rows_are_counted(self, shop):
        for _ in range(2):
            shop.order(1, at(10))
        shop.pull_all()
        shop.order(1, at(10))
        shop.pull_all()
        assert shop.ids() == [[1, 1], [1]]

    def test_a_row_without_a_cursor_is_told_of_and_pulled_once_it_has_one(self, shop):
        shop.order(1, at(10))
        shop.order(2, None)
        assert shop.pull().skipped == {"SHOP.orders": "has rows whose 'at' is null"}
        shop.do("update orders set at = ? where id = 2", at(20))
        shop.pull_all()
        assert shop.ids() == [[1], [2]]

    def test_the_same_rows_make_the_same_bytes_whatever_order_they_were_written_in(self, shop):
        contents = []
        for order in ((1, 2, 3), (3, 1, 2)):
            shop.do("delete from orders")
            for number in order:
                shop.order(number, at(10), amount=number)
            source = shop.source()
            with source.open(source.listing().finished[0]) as file:
                contents.append(file.read())
        assert contents[0] == contents[1]

    def test_a_pull_is_the_same_bytes_again_although_the_table_moves_on(self, shop):
        shop.order(1, at(10))
        source = shop.source()
        (arrival,) = source.listing().finished
        with source.open(arrival) as file:
            before = file.read()
        shop.order(2, at(10))
        with source.open(arrival) as file:
            assert file.read() == before

    def test_of_two_pulls_at_once_one_is_left_for_later(self, shop):
        shop.order(1, at(10))
        slow = shop.source()
        (arrival,) = slow.listing().finished
        shop.order(2, at(10))
        slow.open(arrival).close()
        shop.pull()
        said = []
        digest = "0" * 64
        landed = intake._land(shop.lake, "shop/raw", slow, [(arrival, digest)], said.append)
        assert landed[1] == []
        assert "was made when 0 deliveries had landed, now there are 1" in said[0]
        assert shop.pull_all() == 0
        assert shop.ids() == [[1, 2]]

    def test_an_added_column_does_not_bring_old_rows_back(self, shop):
        shop.order(1, at(10))
        shop.pull()
        shop.do("alter table orders add column note varchar(9) default 'none'")
        shop.do("insert into orders values (2, ?, 1, 'new')", at(11))
        shop.pull_all()
        assert shop.ids() == [[1], [2]]

    def test_a_dropped_column_does_not_bring_old_rows_back(self, shop):
        shop.order(1, at(10))
        shop.pull()
        shop.do("alter table orders drop column amount")
        assert shop.pull_all() == 0

    def test_a_query_is_read_like_a_table(self, shop):
        shop.order(1, at(10), amount=5)
        shop.order(2, at(11), amount=-5)
        query = (
            "select id, at, amount as \"the amount\", ':x %' as note from orders where amount>0;"
        )
        shop.pull_all(table="", query=query)
        assert [(row[0], *row[2:]) for row in flat(shop.taken())] == [("1", "5", ":x %")]

    def test_names_that_need_quotes_are_quoted(self, shop):
        shop.do('create table "odd; table" (id integer, "the ""at"" %(x)s :y" integer)')
        shop.do('insert into "odd; table" values (1, 5)')
        shop.pull_all(table="odd; table", cursor='the "at" %(x)s :y')
        assert shop.ids() == [[1]]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"table": "returns"}, "SHOP.returns: .*there is no table returns"),
            ({"cursor": "when"}, "SHOP.orders: .*has no column 'when'; it has id, at, amount"),
            ({"table": "", "query": "select wrong"}, "SHOP.query: .*wrong"),
        ],
    )
    def test_what_is_not_there_is_named(self, shop, changes, message):
        with pytest.raises(SourceUnavailable, match=message):
            shop.source(**changes).listing()

    def test_nothing_can_be_written(self, shop):
        shop.order(1, at(10))
        refused = pytest.raises(SourceUnavailable, match=r"read-?only")
        with refused, shop.source()._reading() as rows:
            rows._connection.exec_driver_sql("delete from orders")
