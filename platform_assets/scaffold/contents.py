"""The first bytes of a file, and what kind of file they make it."""

import codecs
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platform_assets.errors import NotScaffolded

LIMIT = 64 * 2**20
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
# A zip archive, as which Excel saves since 2007, and the container of the years before.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PLAIN = "save it as plain csv, JSON lines or Parquet and try again"


@dataclass(frozen=True)
class Contents:
    """What a file begins with: at most `LIMIT` bytes as text, all of it if `whole`.

    Parquet is no text, and is read from its path.
    """

    format: Literal["csv", "jsonl", "parquet"]
    text: str = ""
    encoding: str = "utf-8"
    whole: bool = True


def contents(path: Path) -> Contents:
    """Look into a file, by its bytes and not by its name.

    Raises
    ------
    NotScaffolded
        If it cannot be read, is empty, or is of none of the three formats.
    """
    if not path.is_file():
        raise NotScaffolded(path, "no such file", "name a csv, JSON lines or Parquet file")
    data = _beginning(path)
    if data.startswith(_PARQUET):
        return Contents("parquet")
    if data.startswith(_WORKBOOKS):
        raise NotScaffolded(
            path, "is an Excel workbook or a zip archive, whatever its name", _PLAIN
        )
    if not data.strip():
        raise NotScaffolded(path, "is empty", "name a file with a header line and rows")
    whole = len(data) <= LIMIT
    text, encoding = _decoded(data[:LIMIT], whole=whole)
    if "\0" in text:
        raise NotScaffolded(path, "is neither text nor Parquet", _PLAIN)
    return Contents(_text_format(path, text), text, encoding, whole)


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            return file.read(LIMIT + 1)
    except EOFError as error:
        raise NotScaffolded(path, "is a gzip file that ends too early", "copy it again") from error
    except OSError as error:
        raise NotScaffolded(path, f"cannot be read ({error})", "mend or copy it again") from error


def _decoded(data: bytes, *, whole: bool) -> tuple[str, str]:
    """The text and its encoding: by its mark, UTF-8 where it fits, else that of Windows."""
    marked = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    for encoding in (*marked[:1], "utf-8", "cp1252"):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(data, final=whole), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def _text_format(path: Path, text: str) -> Literal["csv", "jsonl"]:
    first = text.lstrip()
    if first.startswith("["):
        problem = "is one JSON array"
        raise NotScaffolded(path, problem, "write one JSON object a line (JSON lines) instead")
    if first.startswith("<"):
        raise NotScaffolded(path, "is a web page or XML", _PLAIN)
    return "jsonl" if first.startswith("{") else "csv"
