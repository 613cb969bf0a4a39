"""From a file that nobody prepared to the staging endpoint; only Ray Serve is a stand-in."""

import os
import shutil
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from gitops.policy import parse_policy
from platform_assets.lineage import latest
from platform_assets.scaffold.plan import Request
from platform_assets.scaffold.write import begin, load
from tests.scaffold.examples import flats, flowers, people, saved
from tests.support.fake_serve import FakeServe
from tests.support.releases import POLICY
from tests.support.tiny import Platform

WARN = dg.AssetCheckSeverity.WARN
pytestmark = pytest.mark.slow


def gzipped_regression(place):
    return saved(place, flats(), "flats.csv.gz", sep=";"), "rent", {"time": "let on", "id": "id"}


def headerless_binary(place):
    return saved(place, people(1200), "adult.data", header=False), "column_3", {}


def parquet_multiclass(place):
    frame = flowers().assign(
        flag=np.arange(300) % 4 == 0, day=pd.date_range("2024-01-01", periods=300)
    )
    frame["price"] = [f"${row % 7},{row:03}.50" for row in range(300)]
    frame.to_parquet(place / "flowers.parquet")
    return place / "flowers.parquet", "kind", {}


def json_lines_of_odd_names(place):
    frame = flowers().rename(columns={"colour": "score", "width": "class"})
    frame.assign(kind=frame["kind"] == "rose").to_json(
        place / "flowers.jsonl", orient="records", lines=True
    )
    return place / "flowers.jsonl", "kind", {"task": "binary"}


def gaps_everywhere(place):
    frame = flowers(400).mask(np.random.default_rng(3).random((400, 4)) < 0.1)
    return saved(place, frame, na_rep="NA"), "kind", {}


CASES = [
    gzipped_regression,
    headerless_binary,
    parquet_multiclass,
    pytest.param(json_lines_of_odd_names, marks=pytest.mark.e2e),
    pytest.param(gaps_everywhere, marks=pytest.mark.e2e),
]
# The length of a petal was drawn so that it tells roses alone: 0.97 of 1, and 0.96 is warned of.
WARNED = {json_lines_of_odd_names: [("no_feature_leaks", WARN)]}


def begun(place: Path, file: Path, target: str, **asked):
    begin(Request("trial", file, target, **asked), place / "defs", parse_policy(POLICY))
    return load(place / "defs" / "trial")


@pytest.mark.parametrize("case", CASES)
def test_a_file_becomes_a_model_in_staging_and_every_check_passes(tmp_path, case):
    file, target, asked = case(tmp_path)
    model = begun(tmp_path, file, target, **asked)
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        platform = Platform.create(tmp_path / "home", serve, instance)
        landing = platform.settings.landing / "trial"
        landing.mkdir(parents=True)
        os.utime(shutil.copy(file, landing), (0, 0))  # a file of this moment is left alone
        result = platform.run(model)
        checks = result.get_asset_check_evaluations()
        failed = [(one.check_name, one.severity) for one in checks if not one.passed]
        assert (result.success, failed) == (True, WARNED.get(case, []))
        assert not platform.lake.count("trial/quarantine")
        assert latest(instance, model.key("staging_deployment"))["bundle_digest"]
