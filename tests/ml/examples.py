"""Small tables and specifications that the tests of `ml` share."""

import numpy as np
import pandas as pd

from platform_assets.spec import ModelSpec
from serving.signature import Column, Signature

NUMBERS = ("amount", "age")
FEATURES = ("amount", "age", "country")
COLUMNS = (
    Column(name="amount", type="float", nullable=False),
    Column(name="age", type="float", nullable=True),
    Column(name="country", type="string", nullable=False, categories=("de", "fr", "jp")),
)
CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "high"), "regression": ()}


def table(rows=400, seed=0):
    """Features with gaps in `age`, and what the targets are made from."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "amount": draw.uniform(0, 100, rows).round(2),
            "age": draw.integers(18, 90, rows).astype(float),
            "country": draw.choice(np.array(["de", "fr", "jp"], dtype=object), rows),
        }
    )
    frame.loc[::9, "age"] = np.nan
    signal = frame["amount"] + 20 * (frame["country"] == "jp") + draw.normal(0, 8, rows)
    return frame, signal.to_numpy()


def example(task, rows=400, seed=0):
    """Features and target of one task."""
    frame, signal = table(rows, seed)
    if task == "regression":
        return frame, signal
    return frame, np.digitize(signal, [60] if task == "binary" else [40, 80])


def signature(task):
    return Signature(model="toy", task=task, columns=COLUMNS, classes=CLASSES[task])


def spec(task="binary", **changed):
    """A specification of the toy model, with sections changed by name."""
    metric = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "mae"}[task]
    sections = {
        "description": "a toy",
        "owners": ["team:toys"],
        "task": task,
        "source": {"pattern": "*.csv", "format": "csv"},
        "target": "y",
        "features": list(FEATURES),
        "split": {"kind": "random"},
        "metric": metric,
        "gates": [{"metric": metric, "beat": "dummy"}],
    }
    return ModelSpec.model_validate(sections | changed)
