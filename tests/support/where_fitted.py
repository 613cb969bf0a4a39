"""Trials on a cluster of two nodes and on this machine, side by side; run as a program.

Prints what each found, and on which nodes of Ray the trials were fitted. The program starts the
nodes itself, with a token, in a process of its own: Ray keeps what it read of its environment.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.pipeline import Pipeline, make_pipeline

from platform_assets.ml.search import ALONE, Workers
from platform_assets.ml.training import Training, train
from resources.errors import RayUnavailable
from resources.ray_backend import RAY, on_ray
from tests.ml.examples import spec

NODES, TRIALS = 2, 8
NODE = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "include_dashboard": False}


class Shrunk(RegressorMixin, BaseEstimator):
    """The mean, shrunk; leaves a file that names the node it was fitted on."""

    def __init__(self, shrink=1.0, folder=""):
        self.shrink = shrink
        self.folder = folder

    def fit(self, features, target):
        import ray

        self.mean_ = target.mean() * self.shrink
        if ray.is_initialized():
            node = ray.get_runtime_context().get_node_id()
            (Path(self.folder) / f"{node}-{os.getpid()}").touch()
        return self

    def predict(self, features):
        return np.full(len(features), self.mean_)


def found(folder: str, workers: Workers) -> Training:
    def build() -> Pipeline:
        return make_pipeline(Shrunk(folder=folder))

    space = {"shrunk__shrink": {"low": 0.1, "high": 0.9}}
    rows = pd.DataFrame({name: np.arange(100.0) for name in ("amount", "age", "country")})
    target = np.arange(100.0) * 0.3
    asked = spec("regression", search={"trials": TRIALS, "space": space})
    return train(build, rows, target, np.arange(100) >= 80, asked, workers=workers)


def plain(training: Training) -> list[object]:
    return [[dict(one.parameters), one.score] for one in training.trials]


def refused(address: str, token: str) -> str:
    """What a process is told that comes with this token."""
    environment = {name: value for name, value in os.environ.items() if "RAY_AUTH" not in name}
    program = [sys.executable, "-m", "tests.support.where_fitted", address, token]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def knock(address: str, token: str) -> None:
    try:
        with on_ray(address, token):
            sys.stdout.write("let in")
    except RayUnavailable as error:
        sys.stdout.write(str(error))


def main(folder: str, token: str) -> None:
    from ray.cluster_utils import Cluster

    local = found(folder, ALONE)
    side_by_side = found(folder, Workers(2))
    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        for _ in range(NODES - 1):
            cluster.add_node(**NODE)
        with on_ray(cluster.address, token) as cpus:
            far = found(folder, Workers(cpus, RAY))
        nodes = {path.name.partition("-")[0] for path in Path(folder).iterdir()}
        pids = {path.name.partition("-")[2] for path in Path(folder).iterdir()}
        elsewhere = pids - {str(os.getpid())}
        answer = {
            "cpus": cpus,
            "refused": refused(cluster.address, "0" * 64),
            "nodes": len(nodes),
            "in_workers": len(elsewhere),
            "local": plain(local),
            "side_by_side": plain(side_by_side),
            "ray": plain(far),
        }
    finally:
        cluster.shutdown()
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(sys.argv[1], os.environ["RAY_AUTH_TOKEN"])
    else:
        knock(*sys.argv[1:])
