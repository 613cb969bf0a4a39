"""Trials on a real Ray cluster of two nodes, which asks for a token."""

import json
import os
import secrets
import subprocess
import sys

import pytest

from resources.settings import CHECKOUT

pytestmark = pytest.mark.e2e


def run(module, folder):
    """What a program prints last that starts its own two nodes."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        # On Linux this makes 127.0.0.1 the address of the node.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    }
    program = [sys.executable, "-m", module, str(folder)]
    done = subprocess.run(
        program, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the same search finds here, in two processes, and on the cluster."""
    return run("tests.support.where_fitted", tmp_path_factory.mktemp("nodes"))


def test_trials_are_fitted_by_workers_on_both_nodes(found):
    assert found["cpus"] == 2
    assert found["nodes"] == 2
    assert found["in_workers"] >= 2


def test_where_trials_run_changes_no_result(found):
    assert len(found["local"]) == 8
    assert found["ray"] == found["side_by_side"] == found["local"]


def test_a_wrong_token_is_refused_and_the_settings_are_named(found):
    assert "cannot be trained on" in found["refused"]
    assert "SLIPWAY_RAY_TOKEN" in found["refused"]


def test_the_asset_gives_the_same_bundle_on_the_cluster_as_here(tmp_path):
    found = run("tests.support.digests_on_ray", tmp_path)
    assert found["there"] == found["here"]
    assert found["there"][0].startswith("sha256:")
