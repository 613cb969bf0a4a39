"""What commands print: plain lines, tables, JSON, and a line that tells what goes on."""

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 200


def out(text: str = "") -> None:
    """One line to standard output, as it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_json(document: Any) -> None:
    out(json.dumps(document, indent=2, sort_keys=True, default=str))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as wide as the terminal; in a pipe as wide as it needs to be."""
    terminal = Console(highlight=False)
    console = terminal if terminal.is_terminal else Console(highlight=False, width=PIPE_WIDTH)
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        # As plain text: a reason may hold square brackets, which would be markup.
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console.print(table)


class Progress:
    """Lines with the seconds since the start; on a terminal also one that says what is awaited."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, stderr=False)
        self._begun = time.monotonic()
        self._status: Status | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def say(self, text: str) -> None:
        self._console.print(f"{self.seconds:6.1f} s  {text}", markup=False, soft_wrap=True)

    def status(self, text: str) -> None:
        if self._status is not None:
            self._status.update(Text(text))
            self._status.start()

    def clear(self) -> None:
        """Take the line away, so that other things can be printed; `status` brings it back."""
        if self._status is not None:
            self._status.stop()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status = self._console.status("starting")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()


def facts(fields: Mapping[str, object]) -> None:
    """Aligned `name  value` lines; empty values are left out."""
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        if value not in (None, ""):
            out(f"{name:<{width}}  {value}")
