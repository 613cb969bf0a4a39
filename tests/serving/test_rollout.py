"""One model is live, the next one is proven beside it, and a bad one changes nothing."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bundle import Bundle, GoldenRows, write_bundle
from serving.errors import (
    BundleMissing,
    ConfigError,
    CorruptFile,
    GoldenRowsDiffer,
    UnsupportedScheme,
    WrongModel,
)
from serving.rollout import Rollout
from serving.rollout_config import parse_config
from tests.serving.conftest import rolled_out, user_config
from tests.support.bundles import LINE, line_contents

pytestmark = pytest.mark.anyio
DIGEST = "sha256:" + "0" * 64


def another(tmp_path: Path, **change) -> Bundle:
    return write_bundle(tmp_path / "other", replace(line_contents(bias=5.0), **change))


def answer(rollout: Rollout) -> float:
    assert rollout.live is not None
    scores = rollout.live.scorer.score(LINE.arrays({"a": [1], "b": [1]}))
    return float(scores[0])


def wrong_golden() -> GoldenRows:
    return GoldenRows(({"a": 1, "b": 1},), (7.0,), 0.01)


async def test_the_first_bundle_goes_live(line):
    rollout = await rolled_out(line)
    assert (rollout.live.digest, rollout.live.version) == (line.digest, "1")
    assert rollout.live.since.endswith("+00:00")
    assert answer(rollout) == 5.0


async def test_the_next_bundle_takes_its_place(line, tmp_path):
    rollout = await rolled_out(line)
    await rollout.apply(user_config(another(tmp_path), "2"))
    assert rollout.live.version == "2"
    assert answer(rollout) == 10.0


async def test_a_mapping_that_is_no_dict_is_read_too(line):
    rollout = Rollout("line")
    await rollout.apply(MappingProxyType(user_config(line)))
    assert rollout.live is not None


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda b: (b.folder / "model.onnx").write_bytes(b"x"), "CorruptFile: file 'model.onnx'"),
        (lambda b: b.folder.rename(b.folder.with_name("gone")), "BundleMissing: "),
        (lambda b: (b.folder / "more").touch(), "UnexpectedFile: file 'more'"),
        (
            lambda b: (b.folder / "model.onnx").chmod(0) or (b.folder / "golden.json").unlink(),
            "BundleMissing: ",
        ),
    ],
)
async def test_a_bad_bundle_is_refused_and_recorded_while_the_old_answers(
    spoil, reason, line, tmp_path
):
    rollout = await rolled_out(line)
    bad = another(tmp_path)
    spoil(bad)
    await rollout.apply(user_config(bad, "2"))
    assert rollout.refused.digest == bad.digest
    assert rollout.refused.reason.startswith(reason)
    assert (rollout.live.digest, answer(rollout)) == (line.digest, 5.0)


async def test_a_bundle_whose_golden_rows_differ_is_refused(line, tmp_path):
    rollout = await rolled_out(line)
    await rollout.apply(user_config(another(tmp_path, golden=wrong_golden()), "2"))
    assert rollout.refused.reason == (
        "GoldenRowsDiffer: golden row 0: the model answers 10.0, expected 7.0 within 0.01"
    )
    assert rollout.live.version == "1"


async def test_an_unknown_key_is_refused_and_changes_nothing(line):
    rollout = await rolled_out(line)
    await rollout.apply({**user_config(line), "weights": {}})
    assert rollout.refused.digest == line.digest
    assert "weights: Extra inputs are not permitted" in rollout.refused.reason
    assert rollout.live.digest == line.digest


@pytest.mark.parametrize("config", [{}, {"bundle": 3}, {"bundle": {"digest": 3}}, []])
async def test_a_configuration_without_a_digest_is_recorded_without_one(config, line):
    rollout = await rolled_out(line)
    await rollout.apply(config)
    assert rollout.refused.digest == ""
    assert rollout.refused.reason.startswith("ConfigError: user_config: ")


async def test_what_a_runtime_raises_on_its_own_is_recorded_too(line, tmp_path):
    rollout = await rolled_out(line)
    target = replace(another(tmp_path), folder=tmp_path / ("too long" * 40))
    await rollout.apply(user_config(target, "2"))
    assert rollout.refused.reason.startswith("OSError while loading: ")
    assert rollout.live.digest == line.digest


async def test_a_good_bundle_after_a_refused_one_clears_the_record(line, tmp_path):
    rollout = await rolled_out(line)
    bad = another(tmp_path, golden=wrong_golden())
    await rollout.apply(user_config(bad, "2"))
    assert rollout.refused is not None
    await rollout.apply(user_config(line, "1"))
    assert rollout.refused is None


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"digest": DIGEST}, BundleMissing, "is not there"),
        ({"uri": "gs://bucket/key"}, UnsupportedScheme, "got 'gs://bucket/key', expected file://"),
        ({"digest": "sha256:short"}, ConfigError, "bundle.digest: .* got 'sha256:short'"),
    ],
)
async def test_with_nothing_live_a_bad_bundle_raises(change, error, message, tmp_path):
    rollout = Rollout("line")
    target = {"uri": f"file://{tmp_path}/none", "digest": DIGEST, "version": "1"}
    with pytest.raises(error, match=message):
        await rollout.apply({"bundle": {**target, **change}})
    assert rollout.live is None


async def test_with_nothing_live_golden_rows_that_differ_raise(tmp_path):
    with pytest.raises(GoldenRowsDiffer, match="golden row 0"):
        await rolled_out(another(tmp_path, golden=wrong_golden()))


async def test_a_bundle_of_another_model_is_refused(line):
    with pytest.raises(WrongModel, match="the bundle is of model 'line', expected 'fraud'"):
        await Rollout("fraud").apply(user_config(line))


async def test_the_digest_that_is_live_is_not_loaded_again(line):
    rollout = await rolled_out(line)
    scorer, since = rollout.live.scorer, rollout.live.since
    await rollout.apply(user_config(line, "1b", fault={"delay_ms": 20}))
    assert rollout.live.scorer is scorer
    assert (rollout.live.since, rollout.live.version, rollout.live.delay) == (since, "1b", 0.02)


async def test_the_version_before_stays_loaded_and_comes_back_without_its_files(line, tmp_path):
    rollout = await rolled_out(line)
    first = rollout.live
    await rollout.apply(user_config(another(tmp_path), "2"))
    shutil.rmtree(line.folder)
    await rollout.apply(user_config(line, "1"))
    assert rollout.live.scorer is first.scorer
    assert rollout.live.since > first.since
    assert (rollout.warm.version, rollout.refused) == ("2", None)


async def test_one_version_before_is_kept_and_no_more(line, tmp_path):
    rollout = await rolled_out(line)
    for version in (2, 3):
        bundle = write_bundle(tmp_path / "other", line_contents(bias=float(version)))
        await rollout.apply(user_config(bundle, str(version)))
    shutil.rmtree(line.folder)
    await rollout.apply(user_config(line, "1"))
    assert rollout.refused.reason.startswith("BundleMissing: ")
    assert (rollout.live.version, rollout.warm.version) == ("3", "2")


async def test_a_version_that_answers_wrongly_by_now_does_not_come_back(line, tmp_path):
    rollout = await rolled_out(line)
    other = another(tmp_path)
    await rollout.apply(user_config(other, "2"))
    rollout.warm = replace(rollout.warm, scorer=rollout.live.scorer)
    await rollout.apply(user_config(line, "1"))
    assert rollout.refused.reason.startswith("GoldenRowsDiffer: golden row 0")
    assert rollout.live.digest == other.digest


async def test_another_name_for_what_is_live_keeps_what_was_live_before(line, tmp_path):
    rollout = await rolled_out(line)
    other = another(tmp_path)
    for version in ("2", "2b"):
        await rollout.apply(user_config(other, version))
    assert (rollout.live.version, rollout.warm.digest) == ("2b", line.digest)


async def test_the_loop_stays_free_while_a_bundle_loads(line, tmp_path):
    rollout = await rolled_out(line)
    swap = asyncio.ensure_future(rollout.apply(user_config(another(tmp_path), "2")))
    turns = 0
    while not swap.done():
        turns += 1
        assert answer(rollout) in (5.0, 10.0)
        await asyncio.sleep(0)
    assert turns > 2


async def test_calls_take_turns_and_the_last_one_wins(line, tmp_path):
    rollout = await rolled_out(line)
    other = user_config(another(tmp_path), "2")
    await asyncio.gather(*(rollout.apply(c) for c in [other, user_config(line, "3"), other] * 3))
    assert rollout.live.version == "2"
    assert rollout.refused is None


async def test_the_check_passes_as_long_as_the_golden_rows_are_answered(line, tmp_path):
    rollout = await rolled_out(line)
    await rollout.check()
    other = another(tmp_path)
    rollout.live = replace(rollout.live, bundle=other)
    with pytest.raises(GoldenRowsDiffer, match="golden row 0"):
        await rollout.check()


async def test_a_rollout_without_a_model_has_nothing_to_check():
    await Rollout("line").check()


@pytest.mark.parametrize(
    "uri",
    [
        "gs://b/k",
        "http://x/y",
        "/bare/path",
        "file://host/x",
        "file:relative",
        "",
        "file:///a?b",
        "file://[",
    ],
)
def test_only_folders_and_buckets_are_served_from(uri):
    with pytest.raises(UnsupportedScheme, match="expected file:///absolute/path"):
        parse_config({"bundle": {"uri": uri, "digest": DIGEST, "version": "1"}})


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"delay_ms": -1}, "fault.delay_ms: .* greater than or equal to 0, got -1"),
        ({"delay_ms": 10**6}, "less than or equal to 60000"),
        ({"crash": True}, "fault.crash: Extra inputs are not permitted, got true"),
    ],
)
def test_a_fault_is_only_what_it_may_be(fault, message):
    target = {"uri": "file:///x", "digest": DIGEST, "version": "1"}
    with pytest.raises(ConfigError, match=message):
        parse_config({"bundle": target, "fault": fault})


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_is_configured_is_read_or_refused(document):
    with pytest.raises(ConfigError, match=r"^user_config: "):
        parse_config(document)


def test_corrupt_files_are_bundle_errors_with_their_fields():
    error = CorruptFile("model.onnx", "3 bytes", "4 bytes")
    assert (error.name, error.got, error.expected) == ("model.onnx", "3 bytes", "4 bytes")
