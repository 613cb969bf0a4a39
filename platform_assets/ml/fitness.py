"""Whether there is anything to learn from and to be judged on."""

from collections.abc import Iterator

import pandas as pd

from platform_assets.findings import Findings


def fitness(train: pd.Series, holdout: pd.Series, task: str) -> Findings:
    """Both parts hold rows, and every class of the holdout is one that can be learned.

    `train` and `holdout` are the targets of the two parts.
    """
    uses = {"learn from": train, "be judged on": holdout}
    problems = [f"no rows to {use}" for use, rows in uses.items() if rows.empty]
    facts = {"train_rows": len(train), "holdout_rows": len(holdout)}
    if task == "regression":
        return Findings(problems, facts=facts)
    problems += [f"no class but one to {use}" for use, rows in uses.items() if rows.nunique() < 2]
    shares = {str(name): float(share) for name, share in train.value_counts(True).items()}
    return Findings([*problems, *_unknown(train, holdout)], facts={**facts, "class_shares": shares})


def _unknown(train: pd.Series, holdout: pd.Series) -> Iterator[str]:
    unknown = sorted(map(str, set(holdout) - set(train)))
    if unknown:
        yield f"classes only in the holdout: {', '.join(unknown)}"
