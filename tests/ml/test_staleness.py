import numpy as np
import pytest

from platform_assets.ml.metrics import metric
from platform_assets.ml.staleness import staleness

MAE = metric("regression", "mae")
Y = np.zeros(300)
NOISE = np.abs(np.random.default_rng(0).normal(1, 0.3, 300))


def compared(earlier, days=None, left_out=None, y=Y):
    ages = dict.fromkeys(earlier, days)
    return staleness(MAE, y, NOISE[: len(y)], earlier, ages, left_out or {})


def test_each_model_has_its_figure_and_its_cost():
    found = compared({"2": NOISE + 0.5, "1": NOISE + 2}, days=10)
    assert [one.version for one in found.models] == ["2", "1"]
    assert [one.cost.value for one in found.models] == pytest.approx([0.5, 2])
    assert found.models[0].figure.value == pytest.approx(NOISE.mean() + 0.5)
    assert found.candidate.value == pytest.approx(NOISE.mean())


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (NOISE + 2, "Version 1, 10 days older, would cost 2 (2 to 2) of mae."),
        (NOISE - 0.5, "Version 1, 10 days older, would be better by"),
        (NOISE[::-1], "Version 1, 10 days older, costs nothing beyond chance"),
    ],
)
def test_the_oldest_is_told_in_words(score, said):
    assert compared({"1": np.abs(score)}, days=10).sentence.startswith(said)


def test_without_a_time_no_age_is_told():
    assert compared({"1": NOISE + 2}).sentence.startswith("Version 1 would cost")


def test_why_nothing_is_told_is_told():
    assert compared({}).sentence == "There is no earlier model yet."
    assert (
        compared({}, left_out={"1": "gone"}).sentence == "No earlier model can be asked any more."
    )
    none_left = compared({"1": NOISE[:0]}, y=Y[:0])
    assert "learned from every row of this holdout" in none_left.sentence
