"""The demo's parts that need no stack: delivery, watching, and the last page."""

import json
import shlex
import subprocess
import sys
from dataclasses import replace

import pytest

from platform_assets.cli.console import Progress
from platform_assets.cli.dagster_api import Run, Step
from platform_assets.cli.demo.demo import DAYS, delivered, place
from platform_assets.cli.demo.summary import curl, latency, summary
from platform_assets.cli.errors import DemoStopped
from platform_assets.cli.overview import Overview
from platform_assets.cli.watch import Watcher
from resources.artifacts import Artifacts
from resources.settings import load_settings
from serving.bundle import write_bundle
from tests.support.bundles import fraud_contents
from tests.support.releases import bring, manifest

STEP = Step("fraud__raw", "SUCCESS", 10.0, 12.5)
RUN = Run("abcdef0123", "fraud_pipeline", "STARTED", 5.0, 6.0, None, {}, (STEP,))


def ended(code=0):
    process = subprocess.Popen((sys.executable, "-c", f"raise SystemExit({code})"))
    process.wait()
    return process


def days(folder, numbers):
    folder.mkdir(exist_ok=True)
    for number in numbers:
        (folder / f"transactions-{number:02d}.csv").write_text(f"{number}\n")
    return folder


def test_only_missing_files_are_delivered(tmp_path):
    made = days(tmp_path / "made", range(4))
    landing = days(tmp_path / "landing", [1])
    (landing / "transactions-01.csv").write_text("as it was\n")
    assert place(ended(), made, landing) == 3
    assert len(list(landing.iterdir())) == 4
    assert (landing / "transactions-01.csv").read_text() == "as it was\n"


def test_a_simulator_that_failed_delivers_nothing(tmp_path):
    made = days(tmp_path / "made", [1])
    with pytest.raises(DemoStopped, match="ended with 3"):
        place(ended(3), made, tmp_path / "landing")
    assert not (tmp_path / "landing").exists()


def test_what_was_delivered_is_not_made_again(home):
    settings = load_settings()
    settings.landing.mkdir()
    assert not delivered(settings)
    days(settings.landing / "fraud", range(DAYS))
    assert delivered(settings)


def test_each_step_is_said_once(capsys):
    watcher = Watcher(Progress(), since=0.0)
    for _ in range(3):
        watcher.look([RUN])
    assert capsys.readouterr().out.count("raw") == 1
    assert watcher.times == {"raw": 2.5}


def test_runs_of_the_past_are_not_told(capsys):
    past = replace(RUN, status="SUCCESS", ended=13.0)
    Watcher(Progress(), since=100.0).look([past])
    assert capsys.readouterr().out == ""


def test_a_run_that_will_be_repeated_says_so(capsys):
    died = replace(RUN, status="FAILURE", ended=13.0, tags={"dagster/will_retry": "true"})
    Watcher(Progress(), since=0.0).look([died])
    assert "its process died and it is started again" in capsys.readouterr().out


@pytest.fixture
def released(at):
    """A real bundle, in production as git says."""
    store = Artifacts(load_settings().artifacts).bundles("fraud")
    bundle = write_bundle(store, fraud_contents())
    fields = {"bundle_digest": bundle.digest, "bundle_uri": bundle.folder.as_uri()}
    wanted = replace(manifest("a"), **fields)
    bring(at.forge, wanted)
    at.reconciler.reconcile("staging", "fraud")
    bring(at.forge, replace(wanted, environment="production"))
    at.forge.merge(1, "ann")
    at.reconciler.reconcile("production", "fraud")
    return at


def production(at):
    return Overview(at.forge, at.runtime, []).places()[-1]


def test_the_printed_line_is_a_request_for_the_first_golden_row(released):
    settings = load_settings()
    line = curl(settings, production(released).manifest)
    assert f'"Authorization: Bearer $(cat {settings.api_token_file})"' in line
    words = shlex.split(line)
    assert words[:2] == ["curl", "-s"]
    assert words[2] == f"{settings.serve_url}/fraud/v2/models/fraud/infer"
    named = [tensor["name"] for tensor in json.loads(words[-1])["inputs"]]
    assert named == [column.name for column in fraud_contents().signature.columns]


def test_the_last_page_names_what_is_live(released, capsys):
    live = production(released)
    summary(load_settings(), released.forge, live)
    told = capsys.readouterr().out
    for shown in (live.manifest.bundle_digest, "1, approved by ann", "quality", "curl -s"):
        assert shown in told


def test_latency_is_told_where_it_was_measured(released):
    record = released.forge.read_record("production", "fraud")
    assert latency(record.verdicts) == ""
    renamed = [replace(one, check="latency_p99", observed=3.14159) for one in record.verdicts[:1]]
    assert latency([replace(renamed[0], unit="ms")]) == "p99 3.1 ms"
