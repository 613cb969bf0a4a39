"""What a release asks of the record: each check on the candidate's way, for exactly it."""

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
)
from dagster._core.events import DagsterEvent

from platform_assets.errors import GateError
from platform_assets.lineage import newest_evaluation
from platform_assets.release.proof import Asked, Result, asked_of, prove, recorded, unproven
from tests.support.tiny import tiny

ENTRY = {
    "bundle_digest": "sha256:" + "a" * 64,
    "training_set_version": 7,
    "candidate_key": "c" * 64,
    "mlflow_run": "run-1",
}
FACTS = {name: ENTRY[name] for name in ("bundle_digest", "training_set_version", "candidate_key")}
OTHER = "sha256:" + "b" * 64
KEY = dg.AssetCheckKey(tiny().key("evaluation_report"), "roc_auc_reaches")
LEAKS = dg.AssetCheckKey(tiny().key("training_set"), "no_feature_leaks")
GATE = Asked(KEY, "bundle_digest")
MINE = Result(True, FACTS)


def test_all_that_the_assets_declare_is_asked_for():
    asked = {str(one) for one in asked_of(tiny())}
    assert {
        "training_set.no_feature_leaks",
        "registry_entry.golden_rows",
        "evaluation_report.roc_auc_beats_champion",
    } < asked
    more = tiny(gates=[{"metric": "brier", "reach": 0.2}])
    assert "evaluation_report.brier_reaches" in {str(one) for one in asked_of(more)}


def test_a_passing_result_for_the_candidate_leaves_no_reason_to_refuse():
    assert unproven({GATE: [MINE]}, FACTS) == []


REFUSED = [
    ([], "has no result"),
    ([Result(False, FACTS)], "failed"),
    ([Result(False, FACTS | {"outcome": "inconclusive"})], "is inconclusive"),
    (
        [Result(True, {"bundle_digest": OTHER})],
        f"was judged for another bundle_digest: {OTHER}, expected {ENTRY['bundle_digest']}",
    ),
    ([Result(True, {})], "was judged for another bundle_digest: nothing by name"),
    ([Result(True, FACTS | {"training_set_version": 6})], "was judged for another"),
    ([Result(False, FACTS), MINE], "failed"),
]


@pytest.mark.parametrize(("results", "why"), REFUSED)
def test_without_a_passing_result_for_exactly_this_there_is_a_reason(results, why):
    (reason,) = unproven({GATE: results}, FACTS)
    assert reason.startswith(f"evaluation_report.roc_auc_reaches {why}")


def test_a_result_for_something_newer_hides_no_result_for_the_candidate():
    newer = Result(False, {"bundle_digest": OTHER})
    assert unproven({GATE: [newer, MINE]}, FACTS) == []


def test_every_reason_is_named_not_only_the_first():
    other = Asked(LEAKS, "training_set_version")
    assert len(unproven({GATE: [], other: [Result(False, FACTS)]}, FACTS)) == 2


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def judged(instance, asked, **changes):
    evaluation = {
        "asset_key": asked.key.asset_key,
        "check_name": asked.key.name,
        "passed": True,
        "metadata": {asked.named_by: ENTRY[asked.named_by]},
    }
    instance.report_runless_asset_event(dg.AssetCheckEvaluation(**evaluation | changes))


def all_judged(instance, **changes):
    """Every check as passed, those named by `changes` otherwise."""
    for asked in asked_of(tiny()):
        judged(instance, asked, **changes.get(asked.key.name, {}))


def queued(instance, run_id):
    planned = AssetCheckEvaluationPlanned(asset_key=KEY.asset_key, check_name=KEY.name)
    event = DagsterEvent(
        dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
        job_name="tiny_pipeline",
        event_specific_data=planned,
    )
    instance.report_dagster_event(event, run_id)


def test_a_candidate_whose_every_check_passed_is_proven(instance):
    all_judged(instance)
    prove(tiny(), ENTRY, recorded(instance, tiny()))


@pytest.mark.parametrize("name", [one.key.name for one in asked_of(tiny())])
def test_each_check_that_failed_blocks_by_itself(instance, name):
    all_judged(instance, **{name: {"passed": False}})
    with pytest.raises(GateError, match=f"{name} failed. The assets' checks"):
        prove(tiny(), ENTRY, recorded(instance, tiny()))


def test_a_failed_check_of_other_rows_is_not_that_of_the_candidates(instance):
    stale = {"metadata": {"training_set_version": 6}}
    all_judged(instance, no_feature_leaks=stale)
    why = r"training_set\.no_feature_leaks was judged for another training_set_version: 6, exp.* 7"
    with pytest.raises(GateError, match=why):
        prove(tiny(), ENTRY, recorded(instance, tiny()))


def test_a_warning_blocks_nothing(instance):
    warned = {"passed": False, "severity": dg.AssetCheckSeverity.WARN}
    all_judged(instance, labels_balanced=warned)
    prove(tiny(), ENTRY, recorded(instance, tiny()))


def test_a_check_that_was_only_ever_queued_has_no_result(instance):
    queued(instance, "a-run")
    assert newest_evaluation(instance, KEY) is None
    with pytest.raises(GateError, match="roc_auc_reaches has no result"):
        prove(tiny(), ENTRY, recorded(instance, tiny()))


def test_a_run_that_is_queued_meanwhile_hides_no_result(instance):
    all_judged(instance)
    queued(instance, "a-run")
    prove(tiny(), ENTRY, recorded(instance, tiny()))


def test_the_result_that_came_last_counts(instance):
    all_judged(instance)
    judged(instance, GATE, passed=False)
    with pytest.raises(GateError, match="roc_auc_reaches failed"):
        prove(tiny(), ENTRY, recorded(instance, tiny()))
