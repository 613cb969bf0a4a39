"""Batches: the version that git declares, each row once, judged beside the endpoint."""

from dataclasses import replace

import dagster as dg
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from gitops.local_forge import LocalForge
from gitops.record import DeploymentRecord
from platform_assets.data.contract import DELIVERY, ROW
from platform_assets.errors import BatchRefused
from platform_assets.ml.reference import reference
from platform_assets.release import batch_predictions
from platform_assets.release.batch import Batch, score_batch, table
from platform_assets.release.batch_checks import (
    inputs_like_reference,
    parity_with_endpoint,
    rows_complete,
    scores_in_range,
    scores_like_reference,
)
from platform_assets.release.batch_predictions import CHECKS, declared, pin
from platform_assets.release.scored_rows import ScoredRows, scored_rows
from resources.artifacts import Artifacts
from resources.endpoint import EndpointVerifier
from resources.lake import Lake
from resources.settings import Settings
from serving.bundle import write_bundle
from serving.errors import InvalidInput
from tests.support.bundles import iris_contents, line_contents
from tests.support.door import door, free_address, listening
from tests.support.releases import SEED, bring, manifest
from tests.support.tiny import tiny

CLEANED = "line/cleaned"


def rows(count, first=0, delivery=1):
    numbers = range(first, first + count)
    return pa.table(
        {
            DELIVERY: pa.array([delivery] * count, pa.int64()),
            ROW: pa.array(numbers, pa.int64()),
            "a": pa.array([float(one % 7) for one in numbers]),
            "b": pa.array([float(one % 5) for one in numbers]),
            "target": pa.array([0.0] * count),
        }
    )


class Bench:
    """A model with clean rows, and bundles that git may declare."""

    def __init__(self, place):
        self.settings = Settings(home=place, serve_port=int(free_address().rpartition(":")[2]))
        self.lake, self.artifacts = Lake(self.settings.lake), Artifacts(self.settings.artifacts)
        self.forge = LocalForge.create(self.settings.gitops_path, SEED)

    def bundle(self, bias=0.0, contents=None):
        contents = contents or line_contents(bias=bias)
        return write_bundle(self.artifacts.bundles(contents.signature.model), contents)

    def pinned(self, bundle, version="1"):
        named = replace(
            manifest(model=bundle.signature.model),
            bundle_digest=bundle.digest,
            bundle_uri=bundle.folder.as_uri(),
            model_version=version,
        )
        return pin(named, self.artifacts, self.settings)

    def clean(self, *deliveries):
        for number, one in enumerate(deliveries):
            self.lake.append(CLEANED, one, [f"{self.lake.newest(CLEANED)}-{number}"])

    @property
    def resources(self):
        names = ("forge", "lake", "artifacts", "settings")
        return {name: getattr(self, name) for name in names}

    def scored(self):
        return self.lake.read(table("line")).to_pylist()


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_rows_are_scored_by_the_pinned_bundle_and_say_so(bench):
    bundle = bench.bundle()
    bench.clean(rows(5))
    batch = score_batch(bench.lake, bench.pinned(bundle, "7"))
    assert (batch.due, batch.written, batch.repeated) == (5, 5, 0)
    found = sorted(bench.scored(), key=lambda one: one[ROW])
    assert [one["_score"] for one in found] == [2.0 * (n % 7) + 3.0 * (n % 5) for n in range(5)]
    assert {(one["_digest"], one["_version"], one["_cleaned_version"]) for one in found} == {
        (bundle.digest, "7", 0)
    }


def test_a_second_batch_changes_nothing_and_new_rows_alone_are_scored(bench):
    pinned = bench.pinned(bench.bundle())
    bench.clean(rows(5))
    score_batch(bench.lake, pinned)
    version = bench.lake.version(table("line"))
    assert score_batch(bench.lake, pinned).written == 0
    assert bench.lake.version(table("line")) == version
    bench.clean(rows(3, delivery=2))
    assert score_batch(bench.lake, pinned).written == 3
    assert len(bench.scored()) == 8


def test_another_version_scores_what_is_new_and_all_of_it_when_told_so(bench):
    bench.clean(rows(5))
    score_batch(bench.lake, bench.pinned(bench.bundle()))
    other = bench.pinned(bench.bundle(bias=9.0), "2")
    assert score_batch(bench.lake, other).due == 0
    assert [score_batch(bench.lake, other, again=True).written for _ in range(2)] == [5, 0]
    assert sorted(one["_version"] for one in bench.scored()) == ["1"] * 5 + ["2"] * 5


def test_whoever_is_second_looks_again_and_finds_nothing_left(bench):
    bench.clean(rows(5))
    pinned, first = bench.pinned(bench.bundle()), []

    class Slow:
        """Another batch lands while this one scores."""

        def score(self, columns):
            if not first:
                first.append(score_batch(bench.lake, pinned))
            return pinned.scorer.score(columns)

    second = score_batch(bench.lake, replace(pinned, scorer=Slow()))
    assert (first[0].written, second.written, len(bench.scored())) == (5, 0, 5)


def test_a_row_that_the_bundle_does_not_take_fails_the_whole_batch(bench):
    broken = rows(5).set_column(2, "a", pa.array([1.0, None, 1.0, 1.0, 1.0]))
    bench.clean(broken)
    with pytest.raises(InvalidInput, match="'a'"):
        score_batch(bench.lake, bench.pinned(bench.bundle()))
    assert bench.lake.newest(table("line")) is None


def scored(scores):
    scores = np.asarray(scores, dtype=float)
    sample = pl.DataFrame({"a": scores if scores.ndim == 1 else scores[:, 0]})
    return ScoredRows(scores, sample, scores)


def test_rows_that_are_missing_or_doubled_are_told():
    batch = Batch(0, None, due=2, written=2)
    assert rows_complete(batch, 2).passed
    assert "2 rows were due, 2 scored, 1 in the table" in rows_complete(batch, 1).text
    assert not rows_complete(replace(batch, repeated=1), 2).passed
    assert rows_complete(Batch(0, None), 0).text == "no row was due"


@pytest.mark.parametrize(
    ("task", "scores", "said"),
    [
        ("regression", [-5.0, 1e9], ""),
        ("regression", [1.0, np.nan], "1 scores are not finite"),
        ("binary", [0.0, 1.0], ""),
        ("binary", [0.2, 1.2, -0.1], "2 probabilities are beyond 0 and 1"),
        ("multiclass", [[0.5, 0.5], [0.1, 0.9]], ""),
        ("multiclass", [[0.5, 0.4]], "1 rows do not add up to 1"),
    ],
)
def test_scores_must_be_possible(task, scores, said):
    assert scores_in_range(scored(scores), task).text == said


def test_rows_and_scores_that_moved_are_warned_of():
    drawn = np.random.default_rng(0).normal(0, 1, (2, 2000))
    usual = reference(pl.DataFrame({"a": drawn[0]}).to_pandas(), drawn[0])
    for judge in (inputs_like_reference, scores_like_reference):
        assert judge(scored(drawn[1]), usual).passed
        moved = judge(scored(drawn[1] + 2), usual)
        assert moved.warnings
        assert not moved.blocking


def test_the_endpoint_is_asked_for_the_same_rows(bench):
    bundle = bench.bundle()
    bench.clean(rows(200))
    pinned = bench.pinned(bundle)
    score_batch(bench.lake, pinned)
    done = scored_rows(bench.lake, pinned, None)
    with listening(door(bundle)) as address:
        endpoint = EndpointVerifier(address, bench.artifacts)
        found, off = (
            parity_with_endpoint(one, bundle, lambda some: endpoint.scores(bundle, "", some))
            for one in (done, replace(done, sampled=done.sampled + 1.0))
        )
    assert (found.passed, found.facts["asked"]) == (True, 64)
    assert "scores off by up to 1, allowed" in off.text


def test_an_endpoint_that_cannot_be_asked_is_no_parity(bench):
    bundle = bench.bundle()
    bench.clean(rows(5))
    pinned = bench.pinned(bundle)
    score_batch(bench.lake, pinned)
    done, away = (
        scored_rows(bench.lake, pinned, None),
        EndpointVerifier(free_address(), bench.artifacts),
    )
    found = parity_with_endpoint(done, bundle, lambda some: away.scores(bundle, "/line", some))
    assert found.text.startswith("the endpoint could not be asked: ")


def test_several_classes_are_kept_with_the_likeliest_first(bench):
    bundle = bench.bundle(contents=iris_contents())
    golden = bundle.golden.rows
    keys = {DELIVERY: [1] * len(golden), ROW: list(range(len(golden)))}
    features = {name: [one[name] for one in golden] for name in bundle.signature.names}
    name = bundle.signature.model
    bench.lake.append(f"{name}/cleaned", pa.table(keys | features), ["one"])
    score_batch(bench.lake, bench.pinned(bundle))
    found = sorted(bench.lake.read(table(name)).to_pylist(), key=lambda one: one[ROW])
    assert np.allclose([one["_scores"] for one in found], bundle.golden.scores, atol=1e-6)
    assert [one["_label"] for one in found] == bundle.signature.labels(
        np.array(bundle.golden.scores)
    )


def test_only_what_git_declares_and_was_proven_scores(bench):
    with pytest.raises(BatchRefused, match="git names no version there; see: slipway status tiny"):
        declared(bench.forge, "tiny", "staging")
    bring(bench.forge, manifest("a", model="tiny"))
    with pytest.raises(BatchRefused, match="version 1 is not proven there yet"):
        declared(bench.forge, "tiny", "staging")


@pytest.fixture
def live(bench):
    """What git declares for staging and was proven there, with 20 clean rows to score."""
    bench.clean(rows(20))
    frame = bench.lake.read(CLEANED, columns=["a", "b"]).to_pandas()
    usual = reference(frame, (2 * frame["a"] + 3 * frame["b"]).to_numpy())
    bundle = bench.bundle(contents=replace(line_contents(), reference=usual))
    pinned = bench.pinned(bundle)
    bring(bench.forge, replace(pinned.manifest, environment="staging"))
    proven = DeploymentRecord("staging", "line", healthy=bench.forge.head(), digest=bundle.digest)
    bench.forge.write_record(proven, None)
    return pinned


@pytest.fixture
def materialized(bench):
    """Materializes the asset, each time on the same instance."""
    asset = batch_predictions.build(replace(tiny(), name="line"), "staging")
    # One that is not closed is cleared away during some later test, which then fails.
    with dg.DagsterInstance.ephemeral() as instance:
        yield lambda: dg.materialize([asset], instance=instance, resources=bench.resources)


def told(result):
    (made,) = result.asset_materializations_for_node("line__batch_predictions")
    return {name: value.value for name, value in made.metadata.items()}


def test_the_asset_names_what_scored_and_judges_it(live, materialized):
    result = materialized()
    assert result.success
    assert told(result)["bundle_digest"] == live.bundle.digest
    assert told(result)["dagster/row_count"] == 20
    passed = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
    # Nothing listens where the settings say that endpoints are.
    assert passed == {name: name != "parity_with_endpoint" for name in CHECKS}


def test_a_batch_whose_run_ended_behind_its_commit_is_judged_by_the_next(bench, live, materialized):
    """The next run found nothing due, compared nothing, and passed."""
    score_batch(bench.lake, live)
    result = materialized()
    assert (told(result)["scored"], told(result)["judged"]) == (0, 20)
    (parity,) = [
        one for one in result.get_asset_check_evaluations() if one.check_name == CHECKS[-1]
    ]
    assert parity.description.startswith("the endpoint could not be asked")


def test_what_was_judged_is_not_judged_again_with_what_is_new(bench, live, materialized):
    materialized()
    bench.clean(rows(3, delivery=2))
    assert told(materialized())["judged"] == 3
    assert told(materialized())["judged"] == 3


def test_rows_of_another_version_and_rows_that_were_forgotten_are_not_compared(bench):
    bench.clean(rows(5))
    pinned, other = bench.pinned(bench.bundle()), bench.pinned(bench.bundle(bias=9.0), "2")
    score_batch(bench.lake, pinned)
    assert parity_with_endpoint(scored_rows(bench.lake, other, None), other.bundle, None).text == (
        "no batch of this version has scored a row"
    )
    bench.lake.overwrite(CLEANED, rows(1, first=3), "forgotten")
    kept = scored_rows(bench.lake, pinned, None)
    assert (len(kept.scores), kept.sample.to_dicts()) == (5, [{"a": 3.0, "b": 3.0}])
    assert kept.sampled.tolist() == [15.0]
    bench.lake.overwrite(CLEANED, rows(0), "all forgotten")
    gone = scored_rows(bench.lake, pinned, None)
    assert "in cleaned any more" in parity_with_endpoint(gone, pinned.bundle, None).text
