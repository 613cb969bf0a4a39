"""What a column is, told from its values alone."""

import pytest

from platform_assets.scaffold.columns import facts
from platform_assets.scaffold.dates import date_format
from platform_assets.scaffold.nulls import has_spaces, null_texts, with_nulls

DAYS = range(1, 29)


def judged(values, **options):
    return facts("column", values, whole=True, **options)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "empty"),
        (["True", "FALSE", None], "boolean"),
        (["1", "-2", "+3"], "integer"),
        (["1", "2.5", "1e-3"], "number"),
        (["1.0", "2.0"], "number"),
        (["02134", "10115"], "text"),
        (["12345678901234567890"], "number"),
        (["2024-12-03 10:00", "2024-12-04 11:00"], "time"),
        (["2024-12-03T10:00:00Z"], "time"),
        (["10:30", "11:45"], "text"),
        (["yes", "no"], "text"),
        (["$1,200.00", "$5.00"], "number"),
        (["1,234", "5,678"], "number"),
        (["12 %", "5 percent"], "text"),
        (["AB12", "CD34"], "text"),
        (["0155 123 456", "+49 123 456"], "text"),
        (["$007", "007"], "text"),
    ],
)
def test_the_kind_is_told_from_the_values(values, kind):
    assert judged(values).kind == kind


def test_decimal_commas_are_known_where_the_comma_divides_nothing():
    found = judged(["1,5", "1.234,25", "7"], delimiter=";")
    assert (found.kind, found.decimal_comma, found.high) == ("number", True, 1234.25)


def test_a_few_values_of_another_kind_are_strays():
    found = judged(["1"] * 99 + ["abc"])
    assert (found.kind, found.strays) == ("integer", ("abc",))
    assert judged(["1"] * 9 + ["abc"]).kind == "text"


@pytest.mark.parametrize(
    ("values", "notation", "comma", "high"),
    [
        (["$1,200", "$5"], "money", False, 1200),
        (["1,234", "5,678"], "money", False, 5678),
        (["1.234,50 €", "7 €"], "money", True, 1234.5),
        (["€1.234", "€12.000"], "money", True, 12000),
        (["12.345 USD", "5.10 USD"], "money", False, 12.345),
        (["12 %", "5 %"], "percent", False, 12),
        (["12,5%", "-5%"], "percent", True, 12.5),
    ],
)
def test_money_and_percent_are_numbers(values, notation, comma, high):
    found = judged(values)
    assert (found.notation, found.decimal_comma, found.high) == (notation, comma, high)


def test_a_few_values_that_are_no_money_are_strays():
    found = judged(["$1"] * 99 + ["free"])
    assert (found.notation, found.strays, found.number("$1")) == ("money", ("free",), 1.0)


def test_values_are_listed_only_if_they_seem_to_be_all_there_are():
    assert judged(["a"] * 5 + ["b"] * 3).listed == ("a", "b")
    assert judged(["a"] * 5 + ["b"]).listed == ()
    assert judged(["a"] * 5).listed == ()
    assert facts("column", ["a"] * 5 + ["b"] * 3, whole=False).listed == ()
    assert judged([f"{number % 30}x" for number in range(300)]).listed == ()


@pytest.mark.parametrize(
    ("write", "form"),
    [
        ("{day:02}/12/2024", "%d/%m/%Y"),
        ("12/{day:02}/2024", "%m/%d/%Y"),
        ("{day}.3.2024", "%d.%m.%Y"),
        ("2024/12/{day:02} 10:30", "%Y/%m/%d %H:%M"),
        ("{day} Dec 2024", "%d %b %Y"),
        ("Dec {day:02}, 2024", "%b %d, %Y"),
        ("12/{day:02}/24 3:15 PM", "%m/%d/%y %I:%M %p"),
        ("2024-12-{day:02}", ""),
    ],
)
def test_the_format_of_dates_is_found(write, form):
    assert date_format([write.format(day=day) for day in DAYS], 1.0) == form


def test_where_day_and_month_could_be_either_the_order_of_the_rows_decides():
    rising = [f"{day:02}/{month:02}/2024" for month in (1, 2, 3) for day in (3, 7, 11)]
    assert date_format(rising, 1.0) == "%d/%m/%Y"
    swapped = [f"{month:02}/{day:02}/2024" for month in (1, 2, 3) for day in (3, 7, 11)]
    assert date_format(swapped, 1.0) == "%m/%d/%Y"


def test_nothing_is_written_in_many_ways():
    assert null_texts([["NA", "a"], ["?", "1"], ["null", "b"]]) == ("", "?", "NA", "null")


def test_a_dash_means_nothing_among_numbers_but_not_among_words():
    assert null_texts([["-", "1", "2"]]) == ("", "-")
    assert null_texts([["-", "a", "b"]]) == ("",)


def test_nulls_are_listed_with_the_spaces_they_came_with():
    assert null_texts([[" ?", " Private"], [" ", "7"]]) == ("", " ", " ?")
    assert with_nulls({"a": [" ?", " b", None]}, ["", " ?"]) == {"a": [None, "b", None]}
    assert has_spaces([["a "]])
    assert not has_spaces([["a b", None]])
