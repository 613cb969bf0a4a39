"""What a candidate and a report are named by: everything that could change them."""

import pytest

from platform_assets.model.asked import candidate_key
from platform_assets.model.evaluation_report import evaluation_key
from tests.support.releases import digest
from tests.support.tiny import orders

GATE = {"metric": "roc_auc", "reach": 0.9}


@pytest.fixture
def divided(workshop):
    return workshop, workshop.divide(orders(50, seed=1))


@pytest.mark.parametrize(
    "changes",
    [
        {"search": {"trials": 3}},
        {"split": {"kind": "random", "validation": 0.4}},
        {"training": {"class_weight": "balanced"}},
        {"training": {"calibration": "sigmoid"}},
        {"metric": "brier"},
        {"features": ["amount"]},
    ],
)
def test_another_search_or_split_is_another_candidate(changes, divided):
    workshop, version = divided
    other = workshop.of(**changes)
    ours = candidate_key(workshop.folder, workshop.lake, version)
    assert candidate_key(other.folder, other.lake, version) != ours


def test_gates_and_budget_do_not_train_a_candidate_again(divided):
    workshop, version = divided
    other = workshop.of(gates=[GATE], serving={"replicas": 3}, description="Another word.")
    ours = candidate_key(workshop.folder, workshop.lake, version)
    assert candidate_key(other.folder, other.lake, version) == ours


def test_equal_rows_in_a_table_made_anew_are_another_candidate(divided, tmp_path):
    """After the lake was lost its versions count from 0 again, over other rows."""
    workshop, version = divided
    ours = candidate_key(workshop.folder, workshop.lake, version)
    (tmp_path / "lake").rename(tmp_path / "lost")
    assert workshop.divide(orders(50, seed=1)) == version
    assert candidate_key(workshop.folder, workshop.lake, version) != ours


def entry(version, letter="a"):
    return {
        "bundle_digest": digest(letter),
        "candidate_key": "a candidate",
        "training_set_version": version,
        "code_commit": "c" * 40,
    }


def report_key(workshop, version, letter="a", champion=None):
    return evaluation_key(workshop.folder, workshop.lake, entry(version, letter), champion)


def test_another_bundle_or_champion_is_judged_anew(divided):
    workshop, version = divided
    keys = {
        report_key(workshop, version),
        report_key(workshop, version, letter="b"),
        report_key(workshop, version, champion=digest("b")),
        report_key(workshop, version, champion=digest("c")),
    }
    assert len(keys) == 4


@pytest.mark.parametrize("changes", [{"gates": [GATE]}, {"slices": {"columns": ["amount"]}}])
def test_other_gates_or_slices_are_judged_anew(changes, divided):
    workshop, version = divided
    assert report_key(workshop.of(**changes), version) != report_key(workshop, version)


def test_a_budget_is_no_question_of_the_evaluation(divided):
    workshop, version = divided
    other = workshop.of(serving={"latency": {"rate": 5, "p99_ms": 9000}})
    assert report_key(other, version) == report_key(workshop, version)
