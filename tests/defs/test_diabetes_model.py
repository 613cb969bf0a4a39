import pandas as pd
import pytest

from platform_assets.data.contract import Contract
from platform_assets.data.repeats import Repeats
from platform_assets.defs.diabetes.source import FILE, deliver, patients
from tests.defs.path import folder, walk
from tests.support.texts import texts


@pytest.fixture(scope="module")
def model():
    return folder("diabetes")


@pytest.fixture(scope="module")
def walked(model):
    return walk(model, patients())


def test_every_patient_keeps_the_contract(model):
    assert len(model.contract.validate(patients(), lazy=True)) == 442
    assert patients()["patient_id"].is_unique


def test_the_delivery_is_one_file_with_equal_bytes_each_time(tmp_path):
    first = deliver(tmp_path / "a")
    assert [path.name for path in (tmp_path / "a").iterdir()] == [FILE]
    assert first.read_bytes() == deliver(tmp_path / "b").read_bytes()


def test_a_delivered_file_is_clean_throughout(model, tmp_path):
    path = deliver(tmp_path)
    assert path.match(model.spec.source.pattern)
    contract = Contract.of(model.contract, model.spec.id)
    judged = contract.judge(texts(path, contract.names, "parquet"), Repeats())
    assert (judged.rules.len(), judged.good.sum()) == (442, 442)
    truth = patients()
    found = judged.typed.to_pandas()[truth.columns]
    pd.testing.assert_frame_equal(found, truth, check_dtype=False)


def test_the_shipped_data_pass_every_gate(walked):
    assert [gate.message for gate in walked.gates if not gate.passed] == []


def test_110_patients_leave_a_wide_interval(walked):
    error = walked.figures.candidate["mae"]
    assert walked.figures.rows == 110
    assert error.high - error.low > 8


def test_a_linear_model_comes_through_to_onnx(walked):
    assert walked.export.runtime == "onnx"
    assert walked.export.max_error < 1e-3


def test_the_same_rows_give_the_same_bytes(model, walked):
    assert walk(model, patients()).export.model == walked.export.model


def test_a_model_that_answers_the_mean_is_stopped(model):
    heavy = model.build().set_params(ridge__alpha=1e9)
    spec = model.spec.model_copy(
        update={"search": model.spec.search.model_copy(update={"trials": 1})}
    )
    lazy = type(model)(model.name, model.path, spec, model.contract, lambda: heavy)
    failed = [gate.name for gate in walk(lazy, patients()).gates if not gate.passed]
    assert {"mae_reaches", "r2_reaches", "mae_beats_dummy", "mae_beats_linear"} == set(failed)
