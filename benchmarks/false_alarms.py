"""How often monitors raise an alert though nothing changed.

    nice .venv/bin/python -m benchmarks.false_alarms [HALF_YEARS]

Each half-year is another model, judged on 182 days of rows drawn from what it was trained on, with
the settings that `defs.yaml` has by default. Prints a table in Markdown, which stands in
benchmarks/false_alarms.md.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from scipy.stats import poisson

from tests.support.half_year import DAYS, ROWS, half_year

HALF_YEARS = 20


def main(half_years: int) -> None:
    found = [half_year(seed) for seed in range(1, half_years + 1)]
    say(table([[one.monitor for one in alerts] for alerts in found]))


def table(found: Sequence[Sequence[str]]) -> str:
    """Alerts by half-year and monitor, with the 95 % upper bound of their rate."""
    total = Counter(monitor for alerts in found for monitor in alerts)
    count, most = total.total(), max(map(len, found))
    # The mean at which so few alerts or fewer have a chance of 5 %.
    upper = next(mean for mean in _means() if poisson.cdf(count, mean) <= 0.05) / len(found)
    told = ", ".join(f"{monitor} {number}" for monitor, number in total.most_common()) or "none"
    return "\n".join(
        [
            "| half-years | days | rows a day | alerts | most in one | mean, at most | of |",
            "|---|---|---|---|---|---|---|",
            f"| {len(found)} | {DAYS} | {ROWS} | {count} | {most} | {upper:.2f} | {told} |",
        ]
    )


def _means() -> Iterator[float]:
    return (number / 100 for number in range(1, 1_000_000))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else HALF_YEARS)
