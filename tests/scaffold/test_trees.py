"""The boosted trees that are written learn what simple ones can learn."""

import numpy as np
import pandas as pd

from platform_assets.scaffold.write import load, write_folder
from tests.scaffold.examples import planned, saved


def engines(rows: int = 1500) -> pd.DataFrame:
    """Kinds of engines by year and seats, as plain as in the table of planes; three are rare."""
    draw = np.random.default_rng(1)
    year, seats = draw.integers(1960, 2013, rows), draw.integers(2, 300, rows)
    maker = draw.integers(0, 30, rows)
    kind = np.where((year > 1985) | (draw.random(rows) < 0.1), "fan", "jet").astype(object)
    kind[seats < 9] = "piston"
    rare = draw.choice(np.flatnonzero(seats < 12), 8, replace=False)
    kind[rare] = ["shaft"] * 4 + ["cycle"] * 2 + ["prop"] * 2
    columns = {"year": year, "seats": seats, "maker": [f"m{one}" for one in maker], "kind": kind}
    return pd.DataFrame(columns)


def test_a_rare_class_does_not_spoil_the_common_ones(tmp_path):
    """Steps for classes of a few rows grew without end, and two rows in five were told wrong."""
    frame = engines()
    model = load(write_folder(planned(saved(tmp_path, frame), "kind"), tmp_path / "defs"))
    pipeline = model.build().set_params(
        histgradientboostingclassifier__learning_rate=0.2,
        histgradientboostingclassifier__max_leaf_nodes=7,
    )
    features = frame[model.spec.features]
    told = pipeline.fit(features, frame["kind"]).predict(features)
    assert (told == frame["kind"]).mean() > 0.9
