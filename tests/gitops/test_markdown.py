"""A column name is shown as it is, whatever a Markdown reader would make of it."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gitops.markdown import escape, figure, table

ATTACKS = [
    "a|b",
    "a\\|b",
    "`code`",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![](https://evil.example/pixel.png)",
    "https://evil.example",
    "www.evil.example",
    "**bold** _it_ ~~no~~",
    "&lt;b&gt;",
    "line\nbreak\r\n| new | row |",
    "\u202eright to left\u200b",
    "amount_usd",
    "$x$",
    "# title",
]


def rendered(text: str) -> str:
    return MarkdownIt("commonmark", {"linkify": False}).enable("table").render(text)


def plain(text: str) -> str:
    """What a reader should see of a text: the same signs, on one line, none invisible."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200b\u202e]", " ", text).split())


def cells(html: str) -> list[str]:
    return [unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", html, re.DOTALL)]


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_in_a_cell_is_only_text(text):
    html = rendered(table(("column", "value"), [(text, "1"), ("next", "2")]))
    assert html.count("<tr>") == 3
    assert re.findall(r"</?(?!table|thead|tbody|tr|th|td)\w+", html) == []
    shown = [cell.replace("\u200b", "") for cell in cells(html)]
    assert shown == [plain(text), "1", "next", "2"]


@given(st.text(st.characters(codec="ascii"), max_size=80))
def test_any_ascii_text_in_a_cell_is_only_text(text):
    html = rendered(table(("column", "value"), [(text, "1")]))
    shown = [cell.replace("\u200b", "") for cell in cells(html)]
    assert shown == [plain(text), "1"]


@pytest.mark.parametrize("text", ["@ann", "fixes #12", "https://evil.example", "WWW.evil.example"])
def test_nothing_is_left_that_github_would_link(text):
    assert not re.search(r"@\w|#\d|://|www\.", unescape(escape(text)), re.IGNORECASE)


def test_a_long_text_is_cut():
    assert escape("x" * 1000) == "x" * 300 + "…"


def test_a_table_without_rows_is_nothing():
    assert table(("a",), []) == ""


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.81234, "", "0.8123"), (412.0, "ms", "412 ms"), (None, "ms", "-"), ("3 of 3", "", "3 of 3")],
)
def test_figures_have_four_digits_and_a_unit(value, unit, text):
    assert figure(value, unit) == text
