import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
)
from dagster._core.events import DagsterEvent

from platform_assets.errors import GateError
from platform_assets.lineage import newest_evaluation
from platform_assets.release.proof import Result, prove_gates, unproven
from tests.support.tiny import tiny

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def test_every_gate_passed_for_this_bundle_leaves_no_reason_to_refuse():
    assert unproven({"auc_reaches": Result(passed=True, digest=DIGEST)}, DIGEST) == []


def test_a_missing_result_blocks():
    assert unproven({"auc_reaches": None}, DIGEST) == ["gate auc_reaches has no result"]


def test_a_failed_gate_blocks():
    results = {"auc_reaches": Result(passed=False, digest=DIGEST)}
    assert unproven(results, DIGEST) == ["gate auc_reaches failed"]


def test_a_result_for_another_bundle_blocks_even_if_it_passed():
    results = {"auc_reaches": Result(passed=True, digest=OTHER)}
    assert unproven(results, DIGEST) == [f"gate auc_reaches was judged for another bundle, {OTHER}"]


def test_every_reason_is_named_not_only_the_first():
    results = {"one": None, "two": Result(passed=False, digest=DIGEST)}
    assert len(unproven(results, DIGEST)) == 2


KEY = dg.AssetCheckKey(tiny().key("evaluation_report"), "roc_auc_reaches")
ONE_GATE = {"gates": [{"metric": "roc_auc", "reach": 0.7}]}


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def judged(instance, digest, *, passed=True):
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=KEY.asset_key,
            check_name=KEY.name,
            passed=passed,
            metadata={"bundle_digest": digest},
        )
    )


def queued(instance, run_id):
    planned = AssetCheckEvaluationPlanned(asset_key=KEY.asset_key, check_name=KEY.name)
    event = DagsterEvent(
        dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
        job_name="tiny_pipeline",
        event_specific_data=planned,
    )
    instance.report_dagster_event(event, run_id)


def test_a_check_that_was_only_ever_queued_has_no_result(instance):
    queued(instance, "a-run")
    assert newest_evaluation(instance, KEY) is None
    with pytest.raises(GateError, match="roc_auc_reaches has no result"):
        prove_gates(instance, tiny(**ONE_GATE), DIGEST)


def test_a_run_that_is_queued_meanwhile_hides_no_result(instance):
    judged(instance, DIGEST)
    queued(instance, "a-run")
    prove_gates(instance, tiny(**ONE_GATE), DIGEST)


def test_the_result_that_came_last_counts(instance):
    judged(instance, DIGEST)
    judged(instance, DIGEST, passed=False)
    with pytest.raises(GateError, match="roc_auc_reaches failed"):
        prove_gates(instance, tiny(**ONE_GATE), DIGEST)
