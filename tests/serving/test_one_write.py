"""Head and body leave in one write, on real uvicorn, and nothing else changes."""

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from serving.one_write import Kept, in_one_write

HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
BODY = {"type": "http.response.body", "body": b"ok"}


@asynccontextmanager
async def served(application):
    """Its address, and what was written to each connection."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(application, lifespan="off", log_config=None, http="httptools")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def client(application):
    async with served(application) as url, httpx.AsyncClient(base_url=url, timeout=60) as asking:
        yield asking


class Spy:
    """Answers `ok`, and notes every write of the connection."""

    def __init__(self):
        self.writes = []

    async def __call__(self, scope, receive, send):
        await receive()
        cycle, transport = send.__self__, send.__self__.transport
        cycle.transport = Noted(transport, self.writes)
        together = in_one_write(send)
        await together(dict(HEAD))
        await together(dict(BODY))
        assert isinstance(cycle.transport, Noted)
        cycle.transport = transport


class Noted(Kept):
    __slots__ = ("writes",)

    def __init__(self, transport, writes):
        super().__init__(transport)
        self.writes = writes

    def write(self, data):
        self.writes.append(data)
        self._transport.write(data)


@pytest.fixture
def anyio_backend():
    return "asyncio"


pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("headers", [{}, {"connection": "close"}])
async def test_an_answer_is_one_write_and_the_connection_goes_on_or_ends_as_asked(headers):
    spy = Spy()
    async with client(spy) as asking:
        for _ in range(3):
            answer = await asking.post("/", content=b"x", headers=headers)
            assert (answer.status_code, answer.text) == (200, "ok")
    assert len(spy.writes) == 3
    assert all(one.startswith(b"HTTP/1.1 200") and one.endswith(b"ok") for one in spy.writes)


async def test_pipelined_requests_are_answered_in_turn():
    spy = Spy()
    async with served(spy) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx" * 2)
        for _ in range(2):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(2) == b"ok"
        writer.close()
    assert len(spy.writes) == 2


async def test_a_send_that_is_not_uvicorns_is_left_alone():
    async def send(message): ...

    assert in_one_write(send) is send
