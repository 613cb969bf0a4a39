"""A prediction log written by the real door, one process after the other."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from serving.bundle import Bundle
from serving.ingress import Ingress
from serving.prediction_log import PredictionLog
from serving.rollout import Rollout
from serving.settings import ServingSettings

Asked = Mapping[str, Sequence[Mapping[str, Any]]]


def serve(root: Path, bundle: Bundle, asked: Asked, environment: str = "production") -> list[int]:
    """Ask one replica for rows by request id, then stop it in order; returns the statuses."""
    return asyncio.run(_serve(root, bundle, asked, environment))


async def _serve(root: Path, bundle: Bundle, asked: Asked, environment: str) -> list[int]:
    model = bundle.signature.model
    rollout = Rollout(model)
    target = {"uri": bundle.folder.as_uri(), "digest": bundle.digest, "version": "1"}
    await rollout.apply({"bundle": target})
    log = PredictionLog(root, model, environment, flush_seconds=3600.0)
    door = httpx.ASGITransport(Ingress(rollout, ServingSettings(), log))
    async with httpx.AsyncClient(transport=door, base_url="http://door") as client:
        answers = [
            await client.post(
                "/invocations", json={"instances": rows}, headers={"x-request-id": name}
            )
            for name, rows in asked.items()
        ]
    log.close()
    return [answer.status_code for answer in answers]
