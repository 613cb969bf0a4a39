"""Late labels: how rows are found again, what they prove, and what stands in for them."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from platform_assets.ml.intervals import FEW
from platform_assets.ml.metrics import metric
from platform_assets.spec import ModelSpec
from platform_assets.watch.monitors.labels import (
    Delivered,
    delivered,
    different,
    expected_metric,
    proxy,
    quality,
    skew,
)
from platform_assets.watch.observations import Outcome
from tests.support.looks import ROWS, by_subject, look, without
from tests.support.tiny import SPEC
from tests.support.watched_model import Watched, model, orders


@pytest.fixture
def place(tmp_path):
    return Watched(tmp_path)


def truth(scores, seed=1):
    """Labels as likely as the scores say."""
    return (np.random.default_rng(seed).random(len(scores)) < scores).astype(int)


def labelled(told, labels):
    frame = told.traffic.logged.assign(returned=labels)
    return Delivered(np.arange(len(frame)), frame)


def test_a_row_is_found_again_by_the_id_of_its_request(place):
    frame = orders(10, seed=2)
    place.deliver(frame.iloc[[7, 3]])
    found = delivered(place.lake, place.folder, look(frame).traffic)
    assert found.places.tolist() == [3, 7]
    assert found.frame["amount"].tolist() == frame["amount"].iloc[[3, 7]].tolist()


def test_ids_that_are_numbers_are_found_however_they_are_written(place):
    ids = pa.table({"order": [7, 8], "amount": [1.0, 2.0], "hour": [1, 2],
                    "channel": ["web", "shop"], "returned": [0, 1]})  # fmt: skip
    place.lake.append("tiny/cleaned", ids, [])
    asked = orders(4, seed=2).assign(order=["008", "x", "7", "9/0"])
    found = delivered(place.lake, place.folder, look(asked).traffic)
    assert found.places.tolist() == [0, 2]
    assert found.frame["returned"].tolist() == [1, 0]


def test_rows_that_nobody_asked_for_and_models_without_an_id_have_no_labels(place):
    place.deliver(orders(10, seed=2, name="other"))
    traffic = look(orders(10, seed=2)).traffic
    assert len(delivered(place.lake, place.folder, traffic).places) == 0
    place.deliver(orders(10, seed=2))
    nameless = replace(place.folder, spec=ModelSpec.model_validate({**SPEC, "id": None}))
    assert len(delivered(place.lake, nameless, traffic).places) == 0


def test_quality_is_the_metric_with_its_interval_beside_that_of_the_holdout():
    told = look()
    (found,) = quality(told, labelled(told, truth(told.traffic.scores)))
    assert found.low < found.value < found.high
    assert found.threshold == told.served.holdout.low
    assert found.rows == ROWS


def test_worse_than_the_holdout_beyond_chance_is_beyond_and_better_is_not():
    told = look()
    (worse,) = quality(told, labelled(told, np.arange(ROWS) % 2))
    (better,) = quality(told, labelled(told, (told.traffic.scores > 0.5).astype(int)))
    assert (worse.outcome, better.outcome) == (Outcome.BEYOND, Outcome.OK)


def test_rows_without_a_label_or_with_an_unknown_one_are_left_out():
    told, labels = look(), truth(np.linspace(0.05, 0.95, ROWS)).astype(object)
    labels[:20], labels[20:30] = None, 7
    (found,) = quality(told, labelled(told, labels))
    assert found.rows == ROWS - 30


def test_labels_of_one_class_prove_nothing():
    told = look()
    (found,) = quality(told, labelled(told, np.zeros(ROWS, dtype=int)))
    assert (found.value, found.outcome) == (None, Outcome.TOO_FEW)


def test_of_a_rare_class_too_few_rows_prove_nothing_and_enough_do():
    told = look()
    for positives, outcome in ((FEW - 1, Outcome.TOO_FEW), (FEW, Outcome.BEYOND)):
        worst = (np.arange(ROWS) < positives).astype(int)
        (found,) = quality(told, labelled(told, worst))
        assert found.outcome is outcome


def test_without_a_figure_of_the_holdout_quality_is_told_and_raises_nothing():
    told = without(look(), holdout=None)
    (found,) = quality(told, labelled(told, np.arange(ROWS) % 2))
    assert (found.threshold, found.outcome) == (None, Outcome.OK)


def test_skew_names_the_column_that_differs_in_the_last_digit():
    told = look()
    frame = told.traffic.logged
    other = frame.assign(amount=np.nextafter(frame["amount"], np.inf))
    found = by_subject(skew(told, Delivered(np.arange(ROWS), other)))
    assert found["amount"].value == 1.0
    assert found["amount"].outcome is Outcome.BEYOND
    assert (found["hour"].value, found["channel"].value) == (0.0, 0.0)


def test_two_gaps_are_no_difference_and_one_is():
    text = np.array(["a", None, None], dtype=object)
    assert different(text, np.array(["a", None, "b"], dtype=object)).tolist() == [
        False,
        False,
        True,
    ]
    assert different(np.array([np.nan, 1.0]), np.array([np.nan, np.nan])).tolist() == [False, True]


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "brier", "log_loss"])
def test_of_true_probabilities_the_proxy_comes_near_the_truth(name):
    scores = np.random.default_rng(3).beta(1, 3, 20_000)
    judge = metric("binary", name)
    assert expected_metric(judge, scores) == pytest.approx(judge(truth(scores), scores), abs=0.02)


def test_the_proxy_of_several_classes_comes_near_the_truth_as_well():
    draw = np.random.default_rng(3)
    scores = draw.dirichlet([1, 2, 3], 20_000)
    y = (scores.cumsum(axis=1) < draw.random((20_000, 1))).sum(axis=1)
    judge = metric("multiclass", "accuracy")
    assert expected_metric(judge, scores) == pytest.approx(judge(y, scores), abs=0.02)


def test_a_proxy_has_no_bound_and_regressions_have_none():
    (found,) = proxy(look())
    assert (found.threshold, found.outcome) == (None, Outcome.OK)
    numbers = model().spec.model_copy(update={"task": "regression", "metric": "mae"})
    assert proxy(look(folder=replace(model(), spec=numbers))) == []
