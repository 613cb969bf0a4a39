"""The rows a model learns from or is judged on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from platform_assets.folder import ModelFolder
from resources.lake import Lake

PART = "_part"


@dataclass(frozen=True)
class Rows:
    """`features` has shape (n, features); `target` shape (n,), see `encode_target`.

    `frame` holds every column of the contract for the same rows, for slices.
    """

    features: pd.DataFrame
    target: np.ndarray
    frame: pd.DataFrame


def load_rows(lake: Lake, folder: ModelFolder, version: int, part: str) -> Rows:
    """The `train` or `holdout` part of one version of the training set."""
    name = f"{folder.name}/training_set"
    table = lake.read(name, version=version, where=[(PART, "=", part)])
    frame = table.to_pandas().drop(columns=[PART])
    target = encode_target(frame[folder.spec.target], classes(lake, folder, version))
    return Rows(frame[folder.spec.features], target, frame)


def classes(lake: Lake, folder: ModelFolder, version: int) -> tuple[str, ...]:
    """The classes in the training part, in order; empty for regression."""
    table = lake.read(
        f"{folder.name}/training_set",
        version=version,
        columns=[folder.spec.target],
        where=[(PART, "=", "train")],
    )
    return class_names(table.column(0).to_pandas(), folder.spec.task)


def class_names(target: pd.Series, task: str) -> tuple[str, ...]:
    """The classes of these rows, in order; empty for regression."""
    return () if task == "regression" else tuple(str(one) for one in sorted(target.unique()))


def encode_target(target: pd.Series, names: Sequence[str]) -> np.ndarray:
    """Position of each value among the class names (0 or 1 of two); without names, the number."""
    if not names:
        return target.to_numpy(dtype=np.float64)
    place = {name: index for index, name in enumerate(names)}
    return target.map(lambda value: place[str(value)]).to_numpy(dtype=np.int64)
