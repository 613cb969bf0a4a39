"""How much each row counts in a fit, by its class."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from platform_assets.errors import TrainingError

Weights = npt.NDArray[np.float64]
ClassWeight = Literal["none", "balanced"] | Mapping[str, float]


def row_weights(
    target: npt.NDArray[np.int64], names: Sequence[str], asked: ClassWeight
) -> Weights | None:
    """The weight of each row, shape (n,); None if all count the same.

    `target` is the position of each row's class among `names`. `balanced` lets each class count the
    same in all; in a mapping, a class that is not named counts 1.

    Raises
    ------
    TrainingError
        If a mapping names a class that the rows do not have.
    """
    if isinstance(asked, Mapping):
        return _by_name(names, asked)[target]
    if asked == "none":
        return None
    counts = np.bincount(target, minlength=len(names))
    weights: Weights = len(target) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return weights[target]


def _by_name(names: Sequence[str], asked: Mapping[str, float]) -> Weights:
    unknown = sorted(set(asked) - set(names))
    if unknown:
        raise TrainingError(
            f"training.class_weight of defs.yaml: no class {unknown[0]!r} in the rows to learn "
            f"from; allowed: {', '.join(names)}"
        )
    return np.array([asked.get(name, 1.0) for name in names])
