"""What measurements print: Markdown, and on stderr what goes on meanwhile."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def head(names: Sequence[str]) -> str:
    """The first two lines of a table."""
    return f"{row(names)}\n|{'---|' * len(names)}"


@contextmanager
def load_told() -> Iterator[None]:
    """Print the machine's load average before what is measured, and after it."""
    print(f"Load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.\n")
    yield
    print(f"\nLoad average after: {os.getloadavg()[0]:.1f}.")
