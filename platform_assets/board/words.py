"""Times and figures as the board says them."""

from datetime import UTC, datetime, timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def minute(time: datetime) -> str:
    """E.g. `2026-11-30 20:41 UTC`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def ago(time: datetime, now: datetime) -> str:
    """E.g. `3 h ago`, in the largest unit of which there is one."""
    seconds = max(0, int((now - time).total_seconds()))
    found = next(((name, size) for name, size in _UNITS if seconds >= size), None)
    return f"{seconds // found[1]} {found[0]} ago" if found else "now"


def span(length: timedelta) -> str:
    """E.g. `5 min`: a length that is whole in one unit."""
    seconds = int(length.total_seconds())
    name, size = next((name, size) for name, size in _UNITS if seconds % size == 0)
    return f"{seconds // size} {name}"


def figure(value: float, unit: str = "") -> str:
    """At most three digits that count, e.g. `3.14 ms`, and `12,300` as it is."""
    shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{shown} {unit}".rstrip()


def parsed(text: str) -> datetime | None:
    """A time in ISO 8601 with a zone (without one: UTC); None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
