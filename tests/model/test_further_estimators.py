"""Estimators that no example uses, from the delivered file to staging; Ray Serve is a stand-in."""

import base64
from dataclasses import replace

import dagster as dg
import pytest

from platform_assets.lineage import latest
from resources.keys import accepted_keys
from resources.settings import Settings
from serving.bundle import open_bundle
from tests.support.estimators import ESTIMATORS
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

pytestmark = pytest.mark.slow
KEY = base64.b64encode(bytes(32)).decode()


CASES = [
    pytest.param(name, marks=[] if name == "gradient boosting" else [pytest.mark.e2e])
    for name in ESTIMATORS
]


@pytest.mark.parametrize("name", CASES)
def test_a_model_is_served_by_onnx_and_signed_on_the_whole_path(name, tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_SIGNING_KEY", KEY)
    model = replace(tiny(search={"trials": 1}), build=ESTIMATORS[name])
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        platform = Platform.create(tmp_path, serve, instance)
        frame = orders(600, seed=1)
        gaps = frame["amount"].mask(frame.index % 9 == 0)
        platform.deliver("orders.csv", frame.assign(amount=gaps))
        result = platform.run(model)
        failed = [one.check_name for one in result.get_asset_check_evaluations() if not one.passed]
        assert (result.success, failed) == (True, [])
        entry = latest(instance, model.key("registry_entry"))
        for asset in ("evaluation_report", "staging_deployment"):
            assert latest(instance, model.key(asset))["bundle_digest"] == entry["bundle_digest"]
    assert entry["runtime"] == "onnx"
    accepted = accepted_keys(Settings(bundle_public_key=entry["signed_by"]))
    folder = platform.artifacts.bundle_folder("tiny", entry["bundle_digest"])
    assert open_bundle(folder, entry["bundle_digest"], accepted).signed == "checked"
