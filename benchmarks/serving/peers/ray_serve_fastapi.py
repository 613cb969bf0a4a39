"""Ray Serve as its documentation begins: FastAPI as ingress, every option as it comes."""

import signal
import sys
from typing import Any

import ray
from fastapi import FastAPI
from ray import serve

door = FastAPI()


@serve.deployment(ray_actor_options={"num_cpus": 1})
@serve.ingress(door)
class Scoring:
    def __init__(self) -> None:
        from benchmarks.serving.peers import pandas_scoring

        self.score = pandas_scoring.predictions

    @door.post("/invocations")
    def invocations(self, document: dict[str, Any]) -> dict[str, list[float]]:
        return self.score(document)


if __name__ == "__main__":
    ray.init(num_cpus=4, include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Scoring.bind())
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    ray.shutdown()
