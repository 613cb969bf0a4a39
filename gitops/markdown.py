"""Markdown tables of text that nobody vouches for: what a cell holds is shown, never obeyed."""

import re
import unicodedata
from collections.abc import Sequence

# Entities are decoded into plain characters after a page's structure is settled, so no cell can
# end its column, open a tag or start a link. GitHub turns @name, #1 and bare addresses into links
# later, on the decoded text; a zero-width space inside keeps them from it.
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "|": "&#124;",
        "\\": "&#92;",
        "`": "&#96;",
        "@": "&#64;&#8203;",
        "#": "&#35;&#8203;",
        "$": "&#36;",
        "!": "&#33;",
        "(": "&#40;",
        ")": "&#41;",
        "*": r"\*",
        "_": r"\_",
        "~": r"\~",
        "[": r"\[",
        "]": r"\]",
        "{": r"\{",
        "}": r"\}",
    }
)
_LINKED = re.compile(r"(:(?=//)|www(?=\.))", re.IGNORECASE)
_LONGEST = 300


def escape(text: str) -> str:
    """Text as it may stand in a cell or a paragraph; line breaks and invisible signs vanish."""
    plain = " ".join(
        "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text).split()
    )
    short = plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
    return _LINKED.sub(r"\1&#8203;", short.translate(_ESCAPES))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with escaped cells; empty text without rows."""
    if not rows:
        return ""
    lines = [_line(header), _line(["---"] * len(header), raw=True), *map(_line, rows)]
    return "\n".join(lines) + "\n"


def figure(value: float | str | None, unit: str = "") -> str:
    """A number in up to four significant digits with its unit; a dash where there is none."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else f"{value:.4g}"
    return f"{text} {unit}" if unit else text


def _line(cells: Sequence[str], *, raw: bool = False) -> str:
    return f"| {' | '.join(cell if raw else escape(cell) for cell in cells)} |"
