import pytest

from platform_assets.defs.fraud.simulator import simulate
from platform_assets.spec import Search
from serving.errors import InvalidInput
from tests.defs.path import folder, walk


@pytest.fixture(scope="module")
def model():
    return folder("fraud")


@pytest.fixture(scope="module")
def walked(model):
    """Twenty days and no search, which is quick; the shipped setting is tested below."""
    spec = model.spec.model_copy(update={"search": Search()})
    return walk(
        type(model)(model.name, model.path, spec, model.contract, model.build), simulate(20)
    )


def test_the_folder_agrees_with_itself(model):
    assert model.spec.task == "binary"
    assert len(model.spec.features) == 14


def test_a_small_sample_is_enough_to_beat_both_baselines(walked):
    for reference in ("dummy", "linear"):
        assert walked.figures.improvements[reference]["average_precision"].low > 0.1


def test_trees_over_gaps_and_categories_come_through_to_onnx(walked):
    assert walked.export.runtime == "onnx"
    assert walked.export.max_error < 1e-5


def test_probabilities_add_up_to_the_frauds_there_are(walked):
    told, seen = walked.score.sum(), walked.holdout["is_fraud"].sum()
    assert told == pytest.approx(seen, rel=0.25)


def test_the_threshold_marks_about_as_many_payments_as_there_are_frauds(walked):
    marked = (walked.score >= walked.training.threshold).sum()
    assert 0.3 < marked / walked.holdout["is_fraud"].sum() < 2


def test_a_merchant_category_nobody_knows_is_refused_at_the_door(walked):
    signature = walked.export.signature
    row = walked.holdout[list(signature.names)].head(1).to_dict("list")
    with pytest.raises(
        InvalidInput, match=r"merchant_category.*'casino', expected one of 'grocery'"
    ):
        signature.arrays(row | {"merchant_category": ["casino"]})


@pytest.mark.e2e
def test_the_shipped_data_and_search_pass_every_gate(model):
    walked = walk(model, simulate())
    assert [gate.message for gate in walked.gates if not gate.passed] == []
    assert walked.export.runtime == "onnx"
