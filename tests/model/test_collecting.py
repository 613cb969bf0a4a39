import json

import numpy as np

from platform_assets.model.collecting import survey
from platform_assets.model.retention import LATENCIES
from resources.artifacts import Artifacts
from resources.latency import Measurement
from resources.latency_record import LatencyRecord
from resources.load import LoadReport


def test_a_latency_test_belongs_to_the_bundle_that_was_asked(tmp_path):
    artifacts = Artifacts(tmp_path)
    seen = Measurement((LoadReport(50, 0.08, 4, 0, np.full(4, 2.0)),), (), "")
    LatencyRecord.of("sha256:a", seen, {}).kept(artifacts, "tiny")
    artifacts.publish(LATENCIES, "tiny", "older", {"latency.json": json.dumps({}).encode()})
    assert {one.digest for one in survey(artifacts, "tiny")} == {"sha256:a", None}
