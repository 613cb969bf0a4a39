import pytest

from platform_assets.ml.leak_bars import leak_bars
from platform_assets.ml.leakage import Alone
from platform_assets.spec import DataChecks


@pytest.mark.parametrize("features", [0, 1, 500])
def test_any_number_of_features_gives_a_picture_of_bounded_size(features):
    found = [Alone(f"feature {number}", False, 1 / (1 + number)) for number in range(features)]
    drawn = leak_bars(found, DataChecks())
    assert drawn.png.startswith(b"\x89PNG")
    assert len(drawn.png) < 100_000


def test_any_name_of_a_feature_can_stand_beside_its_bar():
    names = ["price in $ or \\frac$", "_^{", "länge", "x" * 500]
    assert leak_bars([Alone(name, False, 0.5) for name in names], DataChecks()).png


def test_equal_scores_give_an_equal_picture():
    found = [Alone("amount", False, 0.97), Alone("age", True, 0.1)]
    assert leak_bars(found, DataChecks()) == leak_bars(found, DataChecks())
