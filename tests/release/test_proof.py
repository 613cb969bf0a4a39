from platform_assets.release.proof import Result, unproven

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
