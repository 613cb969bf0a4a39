from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.casting import FALSE, TRUE, TYPES, cast

at = datetime.fromisoformat


def values(texts, kind, **options):
    return cast(pl.Series("x", texts, dtype=pl.String), kind, **options).to_list()


def python_float(text):
    """What Python makes of it; None if nothing, or no finite number."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) != float("inf") and number == number else None


@given(st.lists(st.text("0123456789+-.eE ", max_size=12), max_size=20))
def test_a_float_is_what_python_says_it_is(texts):
    assert values(texts, "float") == [python_float(text) for text in texts]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_every_float_that_python_writes_is_read_to_the_last_bit(numbers):
    assert values([repr(number) for number in numbers], "float") == numbers


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_every_whole_number_of_64_bits_is_read_to_the_last_digit(numbers):
    assert values([str(number) for number in numbers], "int") == numbers


@given(st.lists(st.text("0123456789+- ", max_size=20), max_size=20))
def test_a_whole_number_is_what_python_says_it_is(texts):
    def python_int(text):
        try:
            return int(text) if -(2**63) <= int(text) < 2**63 else None
        except ValueError:
            return None

    assert values(texts, "int") == [python_int(text) for text in texts]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400", "1_0", "0x1", "", " ", "½"])
def test_what_is_no_finite_number_is_no_float(text):
    assert values([text], "float") == [None]


@pytest.mark.parametrize(
    ("text", "number"), [("7.0", 7), ("1e3", 1000), (" 7 ", 7), ("007", 7), ("-0", 0)]
)
def test_a_whole_number_may_be_written_with_a_point(text, number):
    assert values([text], "int") == [number]


@pytest.mark.parametrize("text", ["1.5", "9223372036854775808", "1e40", "nan", "seven"])
def test_what_is_no_whole_number_of_64_bits_is_no_int(text):
    assert values([text], "int") == [None]


@pytest.mark.parametrize("text", ["9007199254740993.0", "9007199254740993.5"])
def test_a_number_that_a_float_cannot_hold_is_not_rounded_to_a_whole_one(text):
    """Both were read as whole numbers beside the one that was written."""
    assert values([text], "int") == [None]


@pytest.mark.parametrize(("words", "value"), [(TRUE, True), (FALSE, False)])
def test_words_for_yes_and_no_are_known_in_the_usual_cases(words, value):
    written = [form for word in words for form in (word, word.title(), word.upper(), f" {word} ")]
    assert values(written, "bool") == [value] * len(written)


@pytest.mark.parametrize("text", ["2", "perhaps", "tRUe", "", "1.0"])
def test_any_other_word_is_neither_yes_nor_no(text):
    assert values([text], "bool") == [None]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-01-05", at("2024-01-05")),
        ("2024-01-05T10:00", at("2024-01-05T10:00:00")),
        ("2024-01-05 10:00:00", at("2024-01-05T10:00:00")),
        ("2024-01-05T10:00:00Z", at("2024-01-05T10:00:00")),
        ("2024-01-05T10:00:00+02:00", at("2024-01-05T08:00:00")),
        ("2024-01-05 10:00:00.000001", at("2024-01-05T10:00:00.000001")),
        ("9999-12-31", at("9999-12-31")),
    ],
)
def test_a_time_is_iso_8601_and_an_offset_becomes_utc(text, time):
    assert values([text, f" {text}", None], "time") == [time, time, None]


@given(st.lists(st.datetimes(at("1700-01-01"), at("2200-01-01")), max_size=8))
def test_every_time_that_python_writes_is_read_to_the_microsecond(times):
    assert values([time.isoformat() for time in times], "time") == times


TIMES = (
    "2024-05-01T10:00:00", "2024-05-01 10:00:00", "2024-05-01", "2024-05-01 10:00:00.5",
    "2024-05-01T10:00:00+02:00", " 2024-05-01T10:00:00\t", "", "n/a", None,
)  # fmt: skip


@given(st.lists(st.sampled_from(TIMES), max_size=20))
def test_times_written_in_several_ways_are_each_read_as_if_alone(texts):
    assert values(texts, "time") == [values([text], "time")[0] for text in texts]


@pytest.mark.parametrize("text", ["2024-02-30", "1700000000", "yesterday", "", "05.01.2024"])
def test_what_is_no_time_of_iso_8601_is_none(text):
    assert values([text], "time") == [None]


@pytest.mark.parametrize("text", ["now", "today", " now ", "Today", "NaT"])
def test_a_time_does_not_depend_on_when_it_is_read(text):
    """`now` was the moment of each cleaning, and another one after each replay."""
    assert values(["2024-05-01", text], "time") == [at("2024-05-01"), None]


def test_a_format_alone_says_how_a_time_is_written():
    told = values(["05.01.2024", "2024-01-05", "31.02.2024"], "time", form="%d.%m.%Y")
    assert told == [at("2024-01-05"), None, None]
    assert values(["05.01.2024 10:30"], "time", form="%d.%m.%Y %H:%M") == [
        at("2024-01-05T10:30:00")
    ]


def test_an_offset_in_a_format_becomes_utc_too():
    form = "%d.%m.%Y %H:%M %z"
    assert values(["05.01.2024 10:00 +0200"], "time", form=form) == [at("2024-01-05T08:00:00")]


def test_a_decimal_comma_is_read_where_the_contract_says_so():
    assert values(["1.234,56", "0,5", "7", "1,5,6"], "float", comma=True) == [1234.56, 0.5, 7, None]
    assert values(["1.234", "1,5"], "int", comma=True) == [1234, None]


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_stays_nothing_in_every_type(kind):
    assert values([None, None], kind) == [None, None]
    assert cast(pl.Series("x", [], dtype=pl.String), kind).dtype == TYPES[kind]


@pytest.mark.parametrize("kind", ["float", "int", "bool", "time"])
def test_one_value_that_does_not_fit_costs_no_other_one(kind):
    good = {"float": "1.5", "int": "7", "bool": "true", "time": "2024-01-05"}[kind]
    found = values([good, "?", good, None], kind)
    assert [value is None for value in found] == [False, True, False, True]


def test_text_is_left_as_it_came():
    assert values([" a ", "", None, "é"], "text") == [" a ", "", None, "é"]
