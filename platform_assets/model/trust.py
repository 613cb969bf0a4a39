"""The checks of `training_set`: whether what is learned from it can be trusted.

What blocks is what makes every later figure a lie: nothing to learn, rows learned by heart, a
feature that holds the answer, classes too rare to be judged, a holdout from before the training.
What a person may have meant is a warning.
"""

from datetime import datetime
from functools import partial
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from platform_assets.folder import ModelFolder
from platform_assets.metadata import check_result, picture
from platform_assets.ml.apart import shared_groups
from platform_assets.ml.balance import class_balance, number_balance
from platform_assets.ml.fitness import fitness
from platform_assets.ml.leak_bars import leak_bars
from platform_assets.ml.leakage import alone, leaks
from platform_assets.ml.overlap import shared_rows
from platform_assets.ml.time_order import time_order
from platform_assets.model.rows import PART
from platform_assets.spec import ModelSpec

PERSONAL = "personal"


def check_names(spec: ModelSpec) -> list[str]:
    """The checks that apply to the model; all but those of groups and of time apply to each."""
    always = ["parts_are_fit", "no_row_in_both_parts", "no_feature_leaks", "labels_balanced"]
    grouped = ["no_group_in_both_parts"] if spec.split.group else []
    return [*always, *grouped, *(["time_in_order"] if spec.time else [])]


def columns(spec: ModelSpec) -> list[str]:
    """What the checks read of a row, besides its part."""
    named = [one for one in (spec.id, spec.time, spec.split.group) if one]
    return list(dict.fromkeys([spec.target, *named, *spec.features]))


def check_results(
    folder: ModelFolder, rows: pd.DataFrame, now: datetime
) -> list[dg.AssetCheckResult]:
    """Judge the rows of both parts, in the order of `check_names`; `now` has a zone."""
    spec = folder.spec
    train, holdout = (rows[rows[PART] == part] for part in ("train", "holdout"))
    targets = train[spec.target], holdout[spec.target]
    found = [
        check_result("parts_are_fit", fitness(*targets, spec.task)),
        _no_row_in_both_parts(folder, train, holdout),
        _no_feature_leaks(spec, train),
        check_result("labels_balanced", _balance(spec)(*targets)),
    ]
    if spec.split.group:
        found.append(_no_group_in_both_parts(folder, spec.split.group, train, holdout))
    if spec.time is None:
        return found
    by_time = spec.split.kind == "time"
    times = train[spec.time], holdout[spec.time]
    order = time_order(*times, now, by_time=by_time, column=spec.time)
    return [*found, check_result("time_in_order", order)]


def _no_row_in_both_parts(
    folder: ModelFolder, train: pd.DataFrame, holdout: pd.DataFrame
) -> dg.AssetCheckResult:
    spec = folder.spec
    seen = [*spec.features, spec.target]
    found = shared_rows(
        train,
        holdout,
        seen,
        key=spec.id,
        shown=[name for name in columns(spec) if not _personal(folder, name)],
        limit=spec.checks.max_copied_rows,
    )
    return check_result("no_row_in_both_parts", found)


def _no_group_in_both_parts(
    folder: ModelFolder, column: str, train: pd.DataFrame, holdout: pd.DataFrame
) -> dg.AssetCheckResult:
    shown = not _personal(folder, column)
    found = shared_groups(train[column], holdout[column], column, shown=shown)
    return check_result("no_group_in_both_parts", found)


def _no_feature_leaks(spec: ModelSpec, train: pd.DataFrame) -> dg.AssetCheckResult:
    target = train[spec.target]
    encoded = target.to_numpy() if spec.task == "regression" else pd.factorize(target, sort=True)[0]
    scores = alone(train[spec.features], np.asarray(encoded), spec.task, seed=spec.split.seed)
    drawn = leak_bars(scores, spec.checks)
    found = leaks(scores, len(train), spec.checks, spec.target)
    return check_result("no_feature_leaks", found, alone=picture(drawn.png, drawn.title))


def _balance(spec: ModelSpec) -> Any:
    if spec.task == "regression":
        return number_balance
    return partial(class_balance, least=spec.checks.min_class_rows)


def _personal(folder: ModelFolder, column: str) -> bool:
    metadata = folder.contract.columns[column].metadata or {}
    return bool(metadata.get(PERSONAL))
