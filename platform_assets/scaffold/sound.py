"""Whether a sample can carry a model at all; each refusal is one sentence."""

from collections.abc import Mapping, Sequence

from platform_assets.errors import NotScaffolded
from platform_assets.scaffold.columns import Facts
from platform_assets.scaffold.target import Target

LEAST_ROWS = 20
# One to learn from, one to search by, one to be judged on.
LEAST_OF_A_CLASS = 3
_MOST_CLASSES = 100
_ROWS_OF_A_CLASS = 5
_FEW = 0.02


def check_roles(file: str, found: Mapping[str, str]) -> None:
    """Target, time and id are different columns."""
    for key, name in found.items():
        others = [other for other in found if other != key and found[other] == name]
        if others:
            problem = f"--{key} and --{others[0]} are both {name!r}"
            raise NotScaffolded(file, problem, f"leave --{others[0]} out")


def check_target(file: str, target: Target) -> None:
    """Enough rows, and enough of what a classification has to tell apart."""
    told, rows = f"--target {target.name!r}", target.rows
    if rows < LEAST_ROWS:
        advice = f"at least {LEAST_ROWS} are needed to learn from and be judged on"
        raise NotScaffolded(file, f"holds {rows} rows with a target", advice)
    count = len(target.classes)
    if count > _MOST_CLASSES or count * _ROWS_OF_A_CLASS > rows:
        problem = f"{told} has {count:,} classes in {rows:,} rows"
        raise NotScaffolded(file, problem, "name a column with fewer, or deliver more rows")
    if target.task == "binary" and min(target.classes.values()) < LEAST_OF_A_CLASS:
        rare = min(target.classes, key=lambda one: target.classes[one])
        problem = f"{told} is {rare!r} in {target.classes[rare]} rows only"
        raise NotScaffolded(file, problem, f"at least {LEAST_OF_A_CLASS} are needed")


def check_time(file: str, found: Facts | None) -> None:
    """Moments that can be put in order."""
    if found is None:
        return
    if found.kind != "time" and not found.is_number:
        example = next(iter(found.counts), "")
        problem = f"--time {found.name!r} holds {example!r}, which is no date in a known format"
        raise NotScaffolded(file, problem, "deliver dates as 2024-12-31, or leave --time out")
    if found.distinct < LEAST_OF_A_CLASS:
        problem = f"--time {found.name!r} has {found.distinct} different values"
        raise NotScaffolded(file, problem, "leave --time out: it puts no rows in order")


def check_id(file: str, found: Facts | None) -> None:
    """Nearly every row has an id of its own; the few others go to quarantine."""
    if found is None:
        return
    rows = found.present + found.missing
    for count, what in ((found.missing, "is missing"), (found.present - found.distinct, "repeats")):
        if count > _FEW * rows:
            problem = f"--id {found.name!r} {what} in {count:,} of {rows:,} rows"
            raise NotScaffolded(file, problem, "an id names one row; leave --id out")


def check_features(
    file: str, features: Sequence[str], left_out: Mapping[str, str], time: str | None
) -> None:
    """Something to learn from."""
    if features:
        return
    reasons = "; ".join(f"{name!r} {reason}" for name, reason in left_out.items())
    problem = f"no column is left to learn from ({reasons or 'there is none beside the target'})"
    learn = f"leave --time out to learn from {time!r}, or " if time is not None else ""
    raise NotScaffolded(file, problem, f"{learn}add columns, e.g. month and weekday of a date")
