"""Numbers that are written as money, as a share in percent, or as a date."""

from typing import Literal, get_args

import polars as pl

Notation = Literal["money", "percent", "date"]
NOTATIONS: tuple[str, ...] = get_args(Notation)
DAY = 86_400_000_000

_CODES = (
    "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|CNY|INR|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|KRW|SGD|HKD|TRY"
)
_CURRENCY = f"(?:[A-Z]{{0,3}}[$€£¥₹]|{_CODES})"
# Between thousands also stand an apostrophe and spaces that do not break.
_NUMBER = {
    False: r"(?:\d{1,3}(?:[,'\x{2019} \x{a0}\x{202f}]\d{3})+|\d+)(?:\.\d+)?|\.\d+",
    True: r"(?:\d{1,3}(?:[.'\x{2019} \x{a0}\x{202f}]\d{3})+|\d+)(?:,\d+)?",
}
_MINUS = r"^\(|[-\x{2212}]"


def plain(text: pl.Series, notation: Notation, *, comma: bool = False) -> pl.Series:
    """Money or percent as numbers with a decimal point, null where the text is neither.

    `$1,234.50` gives 1234.50, `(5)` gives -5 and `12 %` gives 12; `comma` as in `casting.cast`.
    """
    bare = text.str.strip_chars()
    digits = bare.str.replace_all("[^0-9,]" if comma else r"[^0-9.]", "").str.replace(",", ".")
    signed = (
        pl.select(pl.when(bare.str.contains(_MINUS)).then("-" + digits).otherwise(digits))
        .to_series()
        .alias(text.name)
    )
    return signed.set(~bare.str.contains(_shape(notation, comma)).fill_null(False), None)


def days(times: pl.Series) -> pl.Series:
    """Times as days since 1970-01-01, to the last bit as `serving.signature` has them."""
    moments = times.to_physical().fill_null(0).to_numpy()
    return pl.Series(times.name, moments / DAY).set(times.is_null(), None)


def _shape(notation: Notation, comma: bool) -> str:
    number = f"(?:{_NUMBER[comma]})"
    if notation == "percent":
        return rf"^[+\x{{2212}}-]?\s?{number}\s?%$"
    before = rf"(?:[+\x{{2212}}-]?\s?(?:{_CURRENCY}\s?)?|{_CURRENCY}\s?[+\x{{2212}}-]\s?)"
    after = rf"(?:\s?{_CURRENCY})?"
    return rf"^(?:{before}{number}{after}|\({_CURRENCY}?\s?{number}{after}\))$"
