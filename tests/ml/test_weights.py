import numpy as np
import pytest

from platform_assets.errors import TrainingError
from platform_assets.ml.weights import row_weights

TARGET = np.array([0, 0, 0, 1])


def test_balanced_classes_count_the_same_in_all():
    weights = row_weights(TARGET, ("no", "yes"), "balanced")
    assert weights[:3].sum() == pytest.approx(weights[3:].sum())
    assert weights.sum() == pytest.approx(len(TARGET))


def test_a_class_that_no_row_has_changes_nothing():
    three = row_weights(TARGET, ("no", "yes", "perhaps"), "balanced")
    np.testing.assert_allclose(three, row_weights(TARGET, ("no", "yes"), "balanced"))


def test_a_mapping_weighs_by_name_and_others_count_one():
    assert row_weights(TARGET, ("no", "yes"), {"yes": 5.0}).tolist() == [1, 1, 1, 5]


def test_a_class_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(TrainingError, match=r"no class 'si' in the rows .*; allowed: no, yes"):
        row_weights(TARGET, ("no", "yes"), {"si": 2.0})


def test_without_weights_every_row_counts_the_same():
    assert row_weights(TARGET, ("no", "yes"), "none") is None
