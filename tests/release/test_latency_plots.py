import math
from dataclasses import replace

import numpy as np
import pytest

from gitops.budget import LatencyBudget
from gitops.conditions import Reason, Settled, Verdict
from gitops.reconcile import Report
from platform_assets.release.deployment_metadata import pictures
from platform_assets.release.latency_plots import figures, shown
from resources.artifacts import Artifacts
from resources.latency import Measurement
from resources.latency_record import LatencyRecord
from resources.load import LoadReport
from tests.support.releases import manifest


def record(lost=0, beside=True):
    latencies = np.linspace(1, 20, 250)
    latencies[:lost] = math.inf
    mine = LoadReport(50, 5, 250, lost, latencies)
    other = (LoadReport(50, 5, 250, 0, np.full(250, 2.0)),) if beside else ()
    measured = Measurement((mine,), other, "3" if beside else "")
    return LatencyRecord.of("sha256:a", measured, {"a": 200.0 * 2**20})


@pytest.mark.parametrize("seen", [record(), record(lost=10), record(lost=250, beside=False)])
def test_every_test_can_be_drawn(seen):
    drawn = shown(seen, LatencyBudget())
    assert set(drawn) == {"latency_by_percentile", "latency_over_time", "latency_figures"}
    assert drawn["latency_by_percentile"].value.startswith("![Latency by percentile](data:image/")


def test_figures_name_both_versions_and_the_memory():
    told = figures(record()).splitlines()
    assert told[2].startswith("| candidate | 250 | ")
    assert told[3].startswith("| version 3 | 250 | 2.01 ms | 2.01 ms | 2.01 ms | 2.01 ms | 0 | ")
    assert told[-1] == "Memory of each replica afterwards: 200 MiB."


def test_a_deployment_shows_the_test_that_its_verdicts_name(tmp_path):
    wanted = manifest("a", model="tiny")
    report = Report("staging", "tiny", Settled(Reason.HEALTHY, ""), "r1", wanted)
    kept = record().kept(Artifacts(tmp_path), "tiny")
    verdict = Verdict("latency_p99", True, "p99", 1.0, 2.0, evidence=kept)
    assert "latency_over_time" in pictures([verdict], report)
    assert pictures([replace(verdict, evidence="file:///gone.json")], report) == {}
    foreign = tmp_path / "foreign.json"
    foreign.write_text("{}")
    (said,) = pictures([replace(verdict, evidence=foreign.as_uri())], report).values()
    assert said.startswith(f"{foreign} is no record of a latency test that this version reads")
    assert pictures([], report) == {}
