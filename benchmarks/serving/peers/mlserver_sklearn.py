"""MLServer, asked in MLflow's form by a custom handler, as its own MLflow runtime does."""

import json

from mlserver import MLModel
from mlserver.handlers import custom_handler
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.serving.peers import pandas_scoring


class Scoring(MLModel):
    async def load(self) -> bool:
        return True

    @custom_handler(rest_path="/invocations")
    async def invocations(self, request: Request) -> Response:
        answer = pandas_scoring.predictions(json.loads(await request.body()))
        return Response(json.dumps(answer), media_type="application/json")
