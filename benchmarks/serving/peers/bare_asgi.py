"""The limit: no framework, no checks."""

from typing import Any

import orjson

from benchmarks.serving.peers.onnx_scoring import predictions

HEADERS = [(b"content-type", b"application/json")]


async def app(_: dict[str, Any], receive: Any, send: Any) -> None:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    answer = orjson.dumps(predictions(orjson.loads(b"".join(chunks))))
    headers = [*HEADERS, (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
