"""A model's specification: what stands in `platform_assets/defs/<model>/defs.yaml`.

Every key is checked when the code location loads, so that a contradiction is refused before
anything is trained.
"""

from platform_assets.spec.card import Card
from platform_assets.spec.data_checks import DataChecks
from platform_assets.spec.evaluation import (
    GROUPS_TREATED_ALIKE,
    SLICES_HOLD,
    Beat,
    Fairness,
    Floor,
    Slices,
    gate_name,
)
from platform_assets.spec.model import ModelSpec, Task, evaluation_checks
from platform_assets.spec.monitoring import Labels, Monitoring
from platform_assets.spec.retraining import Retraining
from platform_assets.spec.retry import Retry
from platform_assets.spec.training import Range, Search, Split, Threshold, Training

__all__ = [
    "GROUPS_TREATED_ALIKE",
    "SLICES_HOLD",
    "Beat",
    "Card",
    "DataChecks",
    "Fairness",
    "Floor",
    "Labels",
    "ModelSpec",
    "Monitoring",
    "Range",
    "Retraining",
    "Retry",
    "Search",
    "Slices",
    "Split",
    "Task",
    "Threshold",
    "Training",
    "evaluation_checks",
    "gate_name",
]
