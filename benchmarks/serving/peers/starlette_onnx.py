"""A careful engineer's service: Starlette, orjson and ONNX Runtime."""

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.serving.peers.onnx_scoring import predictions


async def invocations(request: Request) -> Response:
    answer = orjson.dumps(predictions(orjson.loads(await request.body())))
    return Response(answer, media_type="application/json")


app = Starlette(routes=[Route("/invocations", invocations, methods=["POST"])])
