"""The graph of a small model, run for real; only Ray Serve is a stand-in."""

import shutil

import dagster as dg
import pytest

from platform_assets.data.blocks import delivered
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.contract import RULE
from platform_assets.lineage import evaluations, latest
from platform_assets.model.candidate_model import CODE, CODE_AT_TRAINING
from platform_assets.release.proof import Result, asked_of
from tests.support.checkouts import commit_all, write
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

pytestmark = pytest.mark.slow

CLEANED = "tiny__cleaned_and_quarantine"


@pytest.fixture
def platform(tmp_path, empty_registry):
    shutil.copytree(empty_registry, tmp_path / "mlflow")
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        yield Platform.create(tmp_path, serve, instance)


def failures(result):
    """The innermost error of each failed step."""
    found = {}
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error.cause:
                error = error.cause
            found[event.step_key] = error.message
    return found


def entry(platform):
    return latest(platform.instance, tiny().key("registry_entry"))


def approve(platform):
    (promotion,) = platform.forge.promotions("open")
    return platform.forge.merge(promotion.number, "a person")


def test_a_delivery_becomes_an_open_promotion_for_the_registered_bundle(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    assert failures(platform.run(tiny())) == {}
    (promotion,) = platform.forge.promotions("open")
    assert promotion.bundle_digest == entry(platform)["bundle_digest"]
    assert promotion.not_passed() == {}


def test_without_a_delivery_the_first_asset_says_where_to_put_one(platform):
    result = platform.run(tiny())
    assert "no file has arrived yet" in failures(result)["tiny__raw"]


def test_a_run_with_nothing_new_changes_nothing(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    platform.run(tiny())
    before = (entry(platform), platform.forge.head(), platform.forge.promotions())
    puts = len(platform.serve.puts)
    assert failures(platform.run(tiny())) == {}
    assert (entry(platform), platform.forge.head(), platform.forge.promotions()) == before
    assert len(platform.registry.versions("tiny")) == 1
    assert len(platform.serve.puts) == puts


def test_the_same_file_under_another_name_adds_no_row(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    platform.run(tiny(), "raw")
    platform.deliver("again.csv", orders(600, seed=1))
    assert failures(platform.run(tiny(), "raw")) == {}
    assert [one.file for one in delivered(platform.lake, "tiny/raw", 0)] == ["day-1.csv"]
    assert latest(platform.instance, tiny().key("raw"))["delivered_again"] == ["again.csv"]


def test_a_file_that_changes_under_its_name_is_refused_by_name_and_stops_one_run(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    platform.run(tiny(), "raw")
    platform.deliver("day-1.csv", orders(601, seed=2))
    assert "names_keep_their_content" in failures(platform.run(tiny(), "raw"))["tiny__raw"]
    assert failures(platform.run(tiny(), "raw")) == {}
    assert len(delivered(platform.lake, "tiny/raw", 0)) == 1


def test_bad_rows_are_kept_with_their_rule_and_the_rest_goes_on(platform):
    frame = orders(600, seed=1).astype(object)
    frame.loc[:9, "amount"] = "much"
    frame.loc[10:14, "channel"] = None
    platform.deliver("day-1.csv", frame)
    assert failures(platform.run(tiny(), "raw", "cleaned", "quarantine")) == {}
    rules = platform.lake.counts("tiny/quarantine", by=RULE)
    assert rules == {"type:amount": 10, "null:channel": 5}
    assert platform.lake.count("tiny/cleaned") == 585


def test_a_delivery_with_too_many_bad_rows_is_kept_whole_and_stops_the_run(platform):
    frame = orders(600, seed=1).astype(object)
    frame.loc[:299, "amount"] = "much"
    platform.deliver("day-1.csv", frame)
    result = platform.run(tiny())
    assert "quarantine_rate" in failures(result)[CLEANED]
    assert platform.lake.count("tiny/quarantine") == 600
    assert platform.lake.count("tiny/cleaned") == 0
    assert not platform.lake.exists("tiny/training_set")


def spoilt(rows, first):
    frame = orders(rows, seed=3, first=first).astype(object)
    return frame.assign(amount="much")


def test_a_refused_delivery_stops_one_run_and_not_the_next(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    platform.deliver("day-2.csv", spoilt(50, first=600))
    cleaning = ("raw", "cleaned", "quarantine")
    assert "quarantine_rate" in failures(platform.run(tiny(), *cleaning))[CLEANED]
    assert failures(platform.run(tiny(), *cleaning)) == {}
    assert platform.lake.count("tiny/cleaned") == 600


def test_a_refusal_that_a_killed_run_could_not_report_stops_the_next_run(platform):
    platform.deliver("day-1.csv", spoilt(50, first=0))
    platform.run(tiny(), "raw")
    Cleaner(platform.lake, tiny(), print).run()
    result = platform.run(tiny(), "cleaned", "quarantine")
    assert "quarantine_rate" in failures(result)[CLEANED]


def test_a_leaking_feature_stops_the_run_before_anything_is_learned(platform):
    frame = orders(600, seed=1)
    platform.deliver("day-1.csv", frame.assign(amount=frame["returned"] * 50.0))
    result = platform.run(tiny())
    assert "no_feature_leaks" in failures(result)["tiny__training_set"]
    assert platform.registry.versions("tiny") == []


def test_a_warning_about_the_training_set_stops_nothing(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    careful = tiny(checks={"warn_leak": 0.2})
    result = platform.run(
        careful, "raw", "cleaned", "quarantine", "training_set", "candidate_model"
    )
    assert failures(result) == {}
    (warned,) = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert (warned.check_name, warned.severity) == ("no_feature_leaks", dg.AssetCheckSeverity.WARN)


def test_a_candidate_that_misses_a_gate_is_neither_committed_nor_proposed(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    strict = tiny(gates=[{"metric": "roc_auc", "reach": 0.999}])
    head = platform.forge.head()
    result = platform.run(strict)
    assert "roc_auc_reaches" in failures(result)["tiny__evaluation_report"]
    assert platform.forge.head() == head
    assert platform.forge.promotions() == []


def test_a_release_asked_for_alone_still_proves_the_gates(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    strict = tiny(gates=[{"metric": "roc_auc", "reach": 0.999}])
    platform.run(strict)
    result = platform.run(strict, "staging_release")
    assert "evaluation_report.roc_auc_reaches failed" in failures(result)["tiny__staging_release"]


def test_every_check_on_the_way_of_a_candidate_says_what_it_judged(platform):
    """A check that names nothing would keep every candidate from being released."""
    platform.deliver("day-1.csv", orders(600, seed=1))
    platform.run(tiny())
    told = entry(platform)
    for asked in asked_of(tiny()):
        (found,) = evaluations(platform.instance, asked.key)
        assert Result.of(found).about(told, asked.named_by), asked


def test_assets_materialized_by_hand_behind_a_failed_check_are_not_released(platform):
    frame = orders(600, seed=1)
    platform.deliver("day-1.csv", frame.assign(amount=frame["returned"] * 50.0))
    assert "no_feature_leaks" in failures(platform.run(tiny()))["tiny__training_set"]
    by_hand = ("candidate_model", "registry_entry", "evaluation_report")
    assert failures(platform.run(tiny(), *by_hand)) == {}
    (refused,) = failures(platform.run(tiny(), "staging_release")).values()
    assert "training_set.no_feature_leaks failed" in refused
    assert "evaluation_report" not in refused


def test_a_gate_that_was_never_judged_blocks_the_release(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    platform.run(tiny())
    more = tiny(gates=[{"metric": "log_loss", "reach": 0.6}])
    result = platform.run(more, "staging_release")
    assert (
        "evaluation_report.log_loss_reaches has no result"
        in failures(result)["tiny__staging_release"]
    )


def test_code_in_no_commit_goes_to_staging_and_no_further_until_it_is_committed(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    write(platform.checkout.root, "platform_assets/ml/training.py", "# changed\n")
    refused = failures(platform.run(tiny()))
    assert "platform_assets/ml/training.py" in refused["tiny__production_promotion"]
    assert platform.forge.promotions() == []
    commit = commit_all(platform.checkout.root)
    alone = failures(platform.run(tiny(), "production_promotion"))
    assert "-dirty' and not from a commit" in alone["tiny__production_promotion"]
    assert failures(platform.run(tiny())) == {}
    (promotion,) = platform.forge.promotions("open")
    assert f"{commit[:12]}" in promotion.body
    told = platform.registry.run_tags(entry(platform)["mlflow_run"])
    assert (told[CODE], told[CODE_AT_TRAINING][-6:]) == (commit, "-dirty")


def test_a_failing_staging_is_taken_back_held_and_not_proposed(platform):
    platform.verifier.failing = {"latency_p99"}
    platform.deliver("day-1.csv", orders(600, seed=1))
    result = platform.run(tiny())
    assert set(failures(result)) == {"tiny__staging_deployment"}
    assert platform.forge.promotions() == []
    assert (
        platform.forge.read("gitops/environments/staging/tiny.yaml", platform.forge.head()) is None
    )
    again = platform.run(tiny())
    assert "is held" in failures(again)["tiny__staging_release"]


def test_an_approved_promotion_is_deployed_and_becomes_the_champion(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    platform.run(tiny())
    approve(platform)
    assert failures(platform.run(tiny(), "production_deployment")) == {}
    assert platform.serve.digest("tiny") == entry(platform)["bundle_digest"]
    assert platform.registry.aliases("tiny")["champion"] == entry(platform)["model_version"]
