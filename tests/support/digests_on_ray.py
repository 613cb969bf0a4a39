"""The candidate of the small model by its assets, here and on a cluster of two nodes; a program.

Prints the digest of each bundle, and the figures of its trials.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import dagster as dg
from pydantic import SecretStr

from platform_assets.lineage import latest
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny
from tests.support.where_fitted import NODE

ASSETS = ("raw", "cleaned", "quarantine", "training_set", "candidate_model", "registry_entry")


def candidate(home: Path, **settings: object) -> list[object]:
    """Digest of the bundle and the trials' figures, with these settings changed."""
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        platform = Platform.create(home, serve, instance)
        platform = replace(platform, settings=platform.settings.model_copy(update=settings))
        platform.deliver("day-1.csv", orders(400, seed=1))
        assert platform.run(tiny(), *ASSETS).success
        entry, trained = (
            latest(instance, tiny().key(name)) for name in ("registry_entry", "candidate_model")
        )
        return [entry["bundle_digest"], trained["trials"]]


def main(folder: Path) -> None:
    from ray.cluster_utils import Cluster

    here = candidate(folder / "here")
    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        cluster.add_node(**NODE)
        token = SecretStr(os.environ["RAY_AUTH_TOKEN"])
        there = candidate(folder / "there", train_ray_address=cluster.address, ray_token=token)
    finally:
        cluster.shutdown()
    sys.stdout.write(json.dumps({"here": here, "there": there}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
