"""Whether what callers send keeps the contract that the training data had to keep."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.data.checks import outcome
from platform_assets.data.columns import Column, column_of
from platform_assets.watch.look import Look
from platform_assets.watch.observations import Observation

INVARIANTS = "invariants"
Broken = npt.NDArray[np.bool_]


def invariants(look: Look) -> list[Observation]:
    """For each feature, the share of rows that training would have put into quarantine."""
    if not len(look.traffic.logged):
        return []
    rows = look.traffic.features(look.served.signature)
    contract = look.folder.contract.columns
    allowed = look.folder.spec.source.max_quarantined
    return [
        look.judged(
            INVARIANTS,
            name,
            len(rows),
            float(broken(rows[name], column_of(name, contract[name])).mean()),
            allowed,
        )
        for name in look.served.signature.names
        if name in contract
    ]


def broken(values: pd.Series, column: Column) -> Broken:
    """Which values break a rule of a column, shape (n,)."""
    there = values.notna().to_numpy()
    found: Broken = ~there & (not column.nullable)
    typed = _typed(values[there], column)
    whole = typed.notna().to_numpy()
    wrong = ~whole
    for check in column.checks:
        wrong[whole] |= ~outcome(check, typed[whole], column.name)
    found[there] |= wrong
    return found


def _typed(values: pd.Series, column: Column) -> pd.Series:
    """Values of the kind that the checks are written for; NaN where they are of another."""
    if column.kind == "bool":
        return values.astype(bool)
    if column.kind == "int":
        return values.where(values % 1 == 0)
    return values
