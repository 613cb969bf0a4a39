"""Head and body of an answer in one write: uvicorn makes two, and each is a call of the kernel.

The proxy in front is woken once then, too.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


def in_one_write(send: Send) -> Send:
    """The same `send` for an answer of one head and one body.

    Whoever is not uvicorn's HTTP cycle, whose `transport` is what it writes to, is left alone.
    """
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if cycle is None or transport is None:
        return send
    head: Message = {}

    async def send_together(message: Message) -> None:
        nonlocal head
        if message["type"] == "http.response.start":
            head = message
            return
        kept = Kept(transport)
        cycle.transport = kept
        try:
            await send(head)
            await send(message)
        finally:
            cycle.transport = transport
            kept.flush()

    return send_together


class Kept:
    """A transport that keeps what it is given to write."""

    __slots__ = ("_parts", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._parts.append(data)

    def flush(self) -> None:
        """Write all of it at once."""
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
