"""Observations made up for tests: one a day, of one question."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from platform_assets.watch.observations import Observation, Outcome

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
OUTCOMES = {"o": Outcome.OK, "x": Outcome.BEYOND, "-": Outcome.TOO_FEW}
QUIET = Observation(
    environment="production",
    digest="d" * 64,
    version="3",
    monitor="input_drift",
    subject="amount",
    start=FIRST,
    end=FIRST + DAY,
    rows=1000,
    value=0.01,
    low=None,
    high=None,
    threshold=0.2,
    outcome=Outcome.OK,
)


def days(said: str, **changes: object) -> Sequence[Observation]:
    """A window for each letter: `o` is ok, `x` beyond, `-` had too few rows."""
    return [
        replace(
            QUIET,
            start=FIRST + number * DAY,
            end=FIRST + (number + 1) * DAY,
            outcome=OUTCOMES[letter],
            **{"rows": 10 if letter == "-" else 1000, **changes},
        )
        for number, letter in enumerate(said)
    ]
