"""The short way into a replica: what takes it, what does not, and that it is counted."""

from types import SimpleNamespace

import pytest

from serving.access.guard import Guard
from serving.door import Door, Unnamed
from serving.express import Express, express, middlewares
from serving.ingress import Ingress
from serving.settings import ServingSettings
from tests.serving.conftest import rolled_out

BODY = b'{"instances": [{"a": 1, "b": 2}]}'

pytestmark = pytest.mark.anyio


class Replica:
    """What of Serve's replica is asked for; `seen` are the paths that came Serve's way."""

    def __init__(self, door, prefix="/line", *, own_thread=False):
        self._route_prefix = prefix
        self._user_callable_asgi_app = Unnamed(door)
        self._user_callable_wrapper = SimpleNamespace(_run_user_code_in_separate_thread=own_thread)
        self._metrics_manager = SimpleNamespace(_num_ongoing_requests=0)
        self.seen = []

    async def asgi(self, scope, receive, send):
        self.seen.append(scope["path"])


def around(app):
    """Serve's own middleware, which is between the hook's and the replica."""
    return SimpleNamespace(_app=app)


async def door_of(bundle):
    rollout = await rolled_out(bundle)
    inside = Ingress(rollout, ServingSettings())
    return Door(inside, rollout, Guard(rollout.model, None), meter=inside.meter)


class App:
    def __init__(self, replica):
        self._app = replica.asgi

    async def __call__(self, scope, receive, send):
        await self._app(scope, receive, send)


async def asked(app, path="/line/invocations", receive=None, method="POST", **changes):
    async def whole():
        return {"type": "http.request", "body": BODY, "more_body": False}

    sent = []

    async def send(message):
        sent.append(message)

    length = (b"content-length", str(len(BODY)).encode())
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": [length]}
    await app(scope | changes, receive or whole, send)
    return sent


async def test_a_request_for_a_few_rows_goes_to_the_door_and_is_named_once(line):
    replica = Replica(await door_of(line))
    head, body = await asked(express(App(replica)))
    assert (head["status"], body["body"]) == (200, b'{"predictions":[8.0]}')
    assert [name for name, _ in head["headers"]].count(b"x-request-id") == 1
    assert replica.seen == []


FEW = (b"content-length", b"9")
ARROW = (b"content-type", b"application/vnd.apache.arrow.stream")
PACKED = (b"content-encoding", b"gzip")


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("/-/healthz", {"method": "GET"}),
        ("/line/v2/health/ready", {"method": "GET"}),
        ("/line/invocations", {"method": "GET"}),
        ("/line/invocations", {"headers": []}),
        ("/line/invocations", {"headers": [(b"content-length", b"16385")]}),
        ("/line/invocations", {"headers": [(b"content-length", b"9" * 30)]}),
        ("/line/invocations", {"headers": [(b"content-length", b"-1")]}),
        ("/line/invocations", {"headers": [FEW, PACKED]}),
        ("/line/invocations", {"headers": [FEW, ARROW]}),
        ("/line/invocations", {"root_path": "/behind"}),
        ("/other/invocations", {}),
        ("/invocations", {}),
        ("/line/nowhere", {}),
        ("/line/invocations", {"type": "websocket"}),
    ],
)
async def test_everything_else_goes_serves_way_untouched(line, path, changes):
    replica = Replica(await door_of(line))
    assert await asked(express(App(replica)), path, **changes) == []
    assert replica.seen == [path]


async def test_a_pipeline_on_pandas_goes_serves_way(fraud):
    replica = Replica(await door_of(fraud), "/fraud")
    await asked(express(App(replica)), "/fraud/invocations")
    assert replica.seen == ["/fraud/invocations"]


@pytest.mark.parametrize("left", [False, True])
async def test_a_request_is_ongoing_until_it_is_answered_or_its_caller_left(line, left):
    replica = Replica(await door_of(line))
    during = []

    async def receive():
        during.append(replica._metrics_manager._num_ongoing_requests)
        gone = {"type": "http.disconnect"}
        return gone if left else {"type": "http.request", "body": BODY, "more_body": False}

    await asked(express(App(replica)), receive=receive)
    assert during == [1]
    assert replica._metrics_manager._num_ongoing_requests == 0


async def test_a_model_at_the_root_has_the_short_way_too(line):
    replica = Replica(await door_of(line), "/")
    head, _ = await asked(express(App(replica)), "/invocations")
    assert head["status"] == 200


async def test_an_application_that_is_no_replica_of_ours_stays_as_it_is(line):
    door = await door_of(line)
    threaded, unknown, stranger = Replica(door, own_thread=True), Replica(door), Replica(door)
    del unknown._metrics_manager._num_ongoing_requests
    stranger._user_callable_asgi_app = door
    for app in (App(threaded), App(unknown), App(stranger), around(asked), asked):
        assert express(app) is app
    assert isinstance(express(App(Replica(door))), Express)


def test_the_hook_gives_one_middleware():
    (middleware,) = middlewares()
    assert middleware.cls is express
