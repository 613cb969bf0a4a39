"""Facts for a report on made-up holdouts, and what a reader finds on a page."""

import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from platform_assets.ml.calibration import calibration
from platform_assets.ml.figures import measure
from platform_assets.ml.gates import judge
from platform_assets.ml.importance import Importance
from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import metric
from platform_assets.ml.plots import plots
from platform_assets.ml.probes import Probes
from platform_assets.ml.report import ReportFacts
from platform_assets.ml.slices import named_groups, slices
from platform_assets.ml.stress import Stress
from platform_assets.spec import Beat, Slices

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
MAIN = {"binary": "average_precision", "multiclass": "accuracy", "regression": "mae"}
PNG = b"\x89PNG\r\n\x1a\n"


def holdout(task, rows=600, champion=True):
    """A target, and the scores of a good candidate, a fair champion and a dummy."""
    draw = np.random.default_rng(0)
    if task == "regression":
        y = draw.normal(50, 10, rows)
        models = {"candidate": y + draw.normal(0, 2, rows), "champion": y + draw.normal(0, 6, rows)}
        models["dummy"] = np.full(rows, 50.0)
    elif task == "binary":
        y = (draw.random(rows) < 0.1).astype(int)
        models = {
            "champion": np.clip(0.1 + 0.1 * y + draw.normal(0, 0.1, rows), 0.001, 0.999),
            "candidate": np.clip(0.1 + 0.2 * y + draw.normal(0, 0.1, rows), 0.001, 0.999),
            "dummy": np.full(rows, 0.1),
        }
    else:
        y = draw.integers(0, 3, rows)
        sure = np.eye(3)[y]
        models = {"candidate": 0.8 * sure + 0.2 / 3, "champion": 0.1 * sure + 0.3}
        models["dummy"] = np.full((rows, 3), 1 / 3)
    return y, {name: score for name, score in models.items() if champion or name != "champion"}


def probes(task, y, score):
    flipped = None if task == "regression" else 0.25
    return Probes(
        calibration=calibration(task, y, score),
        importances=[
            Importance("amount", Interval(0.2, 0.1, 0.3)),
            Importance("shoe_size", Interval(0.0, -0.1, 0.1)),
        ],
        importance_rows=len(y),
        stress=[
            Stress("amount", "missing", 0.5, flipped),
            Stress("age", "missing", None, None),
        ],
        stress_rows=len(y),
    )


@cache
def facts(task="binary", rows=600, champion=True):
    y, models = holdout(task, rows, champion)
    references = {name: score for name, score in models.items() if name != "candidate"}
    figures = measure(task, y, models["candidate"], references, samples=50)
    name = MAIN[task]
    frame = pd.DataFrame({"half": np.repeat(["first", "second"], len(y) // 2)})
    asked = Slices(columns=["half"], minimum_rows=10)
    judged = named_groups(frame, asked)
    groups = slices(metric(task, name), y, models["candidate"], models["dummy"], judged)
    return ReportFacts(
        model="toy",
        description="A toy <b>model</b> & more",
        owners=["team:toys", "ann@example.org"],
        digest="sha256:" + "5e" * 32,
        made="2026-03-01 12:00 UTC",
        metric=name,
        figures=figures,
        gates=judge([Beat(metric=name, beat="dummy")], figures),
        slices=groups,
        probes=probes(task, y, models["candidate"]),
        plots=plots(task, y, models, CLASSES[task], figures, groups, name),
        runtime="onnx",
        runtime_reason="ONNX agrees with scikit-learn to 2e-07 on all 600 rows",
        trials=[({}, 0.7), ({"ridge__alpha": 3.0}, 0.9)],
        lineage={"training set": "version 3", "commit": "c61053c"},
    )


PLOTS = {
    "binary": ["comparison", "precision_recall", "calibration", "confusion", "slices"],
    "multiclass": ["comparison", "confusion", "slices"],
    "regression": ["comparison", "predicted", "residuals", "slices"],
}


def words(page):
    body = page.partition("<body>")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


class Page(HTMLParser):
    """Open elements, and what the pictures are and say."""

    def __init__(self):
        super().__init__()
        self.open, self.sources, self.alternatives = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.sources.append(dict(attrs)["src"])
            self.alternatives.append(dict(attrs)["alt"])
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
