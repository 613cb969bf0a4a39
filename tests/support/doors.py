"""The door without a server around it: one ASGI call for each request."""

from pathlib import Path
from typing import Any

from serving.bundle import BundleContents, write_bundle
from serving.ingress import Ingress
from serving.live import Live
from serving.rollout import Rollout


async def rollout_of(contents: BundleContents, folder: Path) -> Rollout:
    """A rollout with a bundle of these contents live as version 1."""
    bundle = write_bundle(folder, contents)
    rollout = Rollout(bundle.signature.model)
    target = {"uri": bundle.folder.as_uri(), "digest": bundle.digest, "version": "1"}
    await rollout.apply({"bundle": target})
    return rollout


def now_live(rollout: Rollout) -> Live:
    if rollout.live is None:
        raise LookupError("nothing is live")
    return rollout.live


async def asked(
    door: Ingress, path: str, body: bytes, headers: list[tuple[bytes, bytes]]
) -> tuple[int, bytes]:
    """Status and body of the answer to a POST; raises what the door raises."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "root_path": "", "headers": headers}
    await door(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]
