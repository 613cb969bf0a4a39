"""LitServe."""

import sys
from typing import Any

import litserve


class Scoring(litserve.LitAPI):
    def setup(self, _: str) -> None:
        from benchmarks.serving.peers import pandas_scoring

        self.score = pandas_scoring.predictions

    def predict(self, request: dict[str, Any]) -> dict[str, list[float]]:
        return self.score(request)


if __name__ == "__main__":
    api = Scoring(api_path="/invocations")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
    )
