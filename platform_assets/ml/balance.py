"""Whether the targets of both parts can carry a model and a judgement on it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from platform_assets.findings import Findings

_TIMES_APART = 3.0
_ROWS_TO_COMPARE = 100
_BEYOND = 0.05
_FEW = 0.01
_HEAVY = 0.75
_MOST_NAMED = 5


def class_balance(train: pd.Series, holdout: pd.Series, least: int) -> Findings:
    """Blocks unless each part holds `least` rows besides its most common class.

    Warns of each class that has fewer in a part, and of one whose share in a part is more than
    three times that in the other, as far as there are 100 rows to compare.
    """
    counts = pd.DataFrame({"train": train.value_counts(), "holdout": holdout.value_counts()})
    counts = counts.fillna(0).astype(int).sort_values("train", ascending=False)
    facts = {"classes": len(counts), "least_rows": least, **_rarest(counts)}
    if counts.empty or (counts.sum() - counts.max()).min() < least:
        sentence = (
            f"besides its most common class, a part holds fewer than {least} rows: "
            f"{_listed(counts)} to learn from and held out; deliver more rows of the others, or "
            "lower checks.min_class_rows in defs.yaml and trust the figures less"
        )
        return Findings(blocking=[sentence], facts=facts)
    return Findings(warnings=[*_short(counts, least), *_apart(counts)], facts=facts)


def number_balance(train: pd.Series, holdout: pd.Series) -> Findings:
    """Blocks if the target of a part never varies.

    Warns if more than 5 % of the holdout lies beyond all that can be learned, and if 1 % of the
    rows holds more than three quarters of the squared deviation, so that few decide every figure.
    """
    parts = {"train": train, "holdout": holdout}
    flat = [name for name, values in parts.items() if values.nunique() < 2]
    if flat:
        return Findings(blocking=[f"the target is the same in every row of: {', '.join(flat)}"])
    beyond = float(((holdout < train.min()) | (holdout > train.max())).mean())
    heavy = _heaviest(train)
    warnings = []
    if beyond > _BEYOND:
        warnings.append(
            f"{beyond:.1%} of the holdout lies beyond the targets to learn from "
            f"({train.min():.4g} to {train.max():.4g})"
        )
    if heavy > _HEAVY:
        warnings.append(
            f"{_FEW:.0%} of the rows hold {heavy:.0%} of the target's squared deviation; look for "
            "placeholders such as 999999, or learn its logarithm"
        )
    return Findings(warnings=warnings, facts={"beyond_train": beyond, "in_heaviest_rows": heavy})


def _rarest(counts: pd.DataFrame) -> dict[str, str | int]:
    if counts.empty:
        return {}
    rows = counts.min(axis=1)
    return {"rarest": str(rows.idxmin()), "rows_of_rarest": int(rows.min())}


def _listed(counts: pd.DataFrame) -> str:
    named = [f"{name} ({learned} and {held})" for name, learned, held in counts.itertuples()]
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return (", ".join(named[:_MOST_NAMED]) or "no rows at all") + more


def _short(counts: pd.DataFrame, least: int) -> Iterator[str]:
    short = counts[counts.min(axis=1) < least]
    if len(short):
        yield f"classes with fewer than {least} rows in a part are hardly judged: {_listed(short)}"


def _apart(counts: pd.DataFrame) -> Iterator[str]:
    """Of rare classes a part may hold three times as many by chance; they are not compared."""
    common = counts.sum(axis=1) >= _ROWS_TO_COMPARE
    for name, learned, held in (counts / counts.sum())[common].itertuples():
        if max(learned, held) > _TIMES_APART * min(learned, held):
            yield (
                f"class {name} makes up {learned:.1%} of what is learned and {held:.1%} of the "
                "holdout"
            )


def _heaviest(values: pd.Series) -> float:
    """Share of the squared deviation from the median in the most distant 1 % of the rows."""
    distance = np.sort((values.to_numpy(dtype=np.float64) - float(values.median())) ** 2)
    few = max(round(_FEW * len(distance)), 1)
    return float(distance[-few:].sum() / distance.sum())
