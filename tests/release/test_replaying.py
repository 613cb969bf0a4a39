"""What a canary lacks in traffic: known rows, scored by the stored bundles themselves."""

import pandas as pd
import pyarrow as pa
import pytest

from gitops.analysis import analyse, conclusion
from gitops.canary import CanaryPolicy
from platform_assets.release.replaying import LoggedRows, held_rows, logged_rows
from platform_assets.watch.landing_log import land
from resources.artifacts import Artifacts
from serving.bundle import write_bundle
from tests.support.bundles import line_contents
from tests.support.lakes import lake_at
from tests.support.logged import serve
from tests.support.releases import serving


class Store:
    """Bundles, a lake and a log of the model `line`."""

    def __init__(self, home):
        self.lake, self.logs = lake_at(str(home / "lake")), home / "log"
        self.artifacts = Artifacts(home / "artifacts")
        self.rows = LoggedRows(self.lake, self.artifacts)
        self.stable = self.bundle(0.0)

    def bundle(self, bias):
        return write_bundle(self.artifacts.bundles("line"), line_contents(bias=bias))

    def log(self, count):
        asked = {f"r{one}": [{"a": one, "b": 1.0}] for one in range(count)}
        serve(self.logs, self.stable, {**asked, "refused": [{"a": "x", "b": 1.0}]})
        land(self.lake, self.logs, "line")

    def hold(self, count):
        part = ["holdout"] * count + ["train"] * 3
        frame = pd.DataFrame({"a": range(count + 3), "b": 2.0, "_part": part})
        self.lake.overwrite(
            "line/training_set", pa.Table.from_pandas(frame, preserve_index=False), "f1", {}
        )

    def replay(self, candidate, requests):
        return self.rows.replay(serving(self.stable), serving(candidate), requests)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_the_newest_logged_rows_are_scored_by_both(store):
    store.log(30)
    figures = store.replay(store.bundle(100.0), 10)
    assert [row["a"] for row in logged_rows(store.lake, "line", 3)] == [27.0, 28.0, 29.0]
    assert (figures.pairs.requests, figures.pairs.rows, figures.pairs.failures) == (10, 10, 0)
    assert (figures.pairs.shift, figures.pairs.disagreed) == (1000.0, 10)
    assert (figures.stable.requests, figures.candidate.requests) == (10, 10)


def test_the_holdout_makes_up_what_the_log_lacks(store):
    store.log(4)
    store.hold(20)
    figures = store.replay(store.bundle(1.0), 12)
    assert figures.pairs.requests == 12
    assert {row["_part"] for row in held_rows(store.lake, "line", 20)} == {"holdout"}


def test_with_nothing_known_there_is_nothing_to_replay(store):
    assert store.replay(store.bundle(1.0), 10) is None


def test_a_candidate_that_answers_alike_passes_and_another_does_not(store):
    store.hold(300)
    policy = CanaryPolicy()
    alike, other = store.bundle(1e-3), store.bundle(1000.0)
    found = [analyse(policy, store.replay(one, 200)) for one in (alike, other)]
    # How long a row takes is up to this machine's load, and judged in tests/gitops/test_analysis.
    told = [[one for one in verdicts if one.check != "canary_latency"] for verdicts in found]
    assert [conclusion(verdicts) for verdicts in told] == ["pass", "fail"]


def test_a_stored_bundle_that_was_changed_is_not_replayed(store, caplog):
    store.hold(5)
    candidate = store.bundle(1.0)
    (candidate.folder / "model.onnx").write_bytes(b"x")
    assert store.replay(candidate, 5) is None
    assert "nothing is replayed: file 'model.onnx'" in caplog.text


def test_rows_that_the_stable_version_refuses_are_nobodys_fault(store):
    frame = pd.DataFrame({"a": [1.0, None, 3.0], "b": 2.0, "_part": "holdout"})
    table = pa.Table.from_pandas(frame, preserve_index=False)
    store.lake.overwrite("line/training_set", table, "f1", {})
    figures = store.replay(store.bundle(1.0), 3)
    assert (figures.pairs.requests, figures.stable.requests, figures.stable.errors) == (2, 2, 0)


def test_a_replayed_request_is_one_request_however_many_counts_it_stands_in(store):
    store.hold(50)
    figures = store.replay(store.bundle(1.0), 50)
    errors = next(one for one in analyse(CanaryPolicy(), figures) if one.check == "canary_errors")
    assert "in 50 requests" in errors.message
