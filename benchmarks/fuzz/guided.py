"""The parsers again, by inputs that reach new code: `python -m benchmarks.fuzz.guided -runs=1000`.

Options are libFuzzer's. The first byte of an input says which parser, the rest is what it is given.
Ends with another code than 0 at the first input that raises what is no refusal.
"""

import sys

import atheris

with atheris.instrument_imports(include=["serving"]):
    from benchmarks.fuzz.parsers import PARSERS, stands

from tests.support.bundles import TRANSACTIONS

CHOICES = list(PARSERS.values())


def one_input(data: bytes) -> None:
    if data:
        stands(CHOICES[data[0] % len(CHOICES)], TRANSACTIONS, data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
