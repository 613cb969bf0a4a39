"""Whether groups stay apart: no patient, machine or customer on both sides of the holdout."""

import pandas as pd

from platform_assets.findings import Findings

_UNKNOWN = 0.05
_FEW_GROUPS = 10


def shared_groups(train: pd.Series, holdout: pd.Series, column: str, *, shown: bool) -> Findings:
    """Blocks if a value of `column` stands in both parts.

    `train` and `holdout` hold that column; its values may stand in the message if `shown`. Warns
    of more than 5 % rows without a value, since whose they are is not known, and of a holdout of
    fewer than ten groups, whose figures tell of these groups more than of the model.
    """
    both = holdout[holdout.isin(train.dropna())]
    unknown = pd.concat([train, holdout]).isna().mean()
    facts = {"groups_train": train.nunique(), "groups_holdout": holdout.nunique()}
    warnings = []
    if unknown > _UNKNOWN:
        warnings.append(f"{unknown:.1%} of the rows have no {column!r}; whose they are is unknown")
    if holdout.nunique() < _FEW_GROUPS:
        warnings.append(
            f"the holdout has {holdout.nunique()} values of {column!r}; figures rest on few groups"
        )
    if both.empty:
        return Findings(warnings=warnings, facts=facts)
    example = f", for example {both.iloc[0]}" if shown else ""
    sentence = (
        f"{both.nunique()} values of {column!r} stand in both parts ({len(both)} rows of the "
        f"holdout){example}; a model is judged on groups it has learned from"
    )
    return Findings([sentence], warnings, facts=facts)
