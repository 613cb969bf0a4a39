import asyncio
import math
import socketserver
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.errors import EndpointError
from resources.load import LoadReport, run_load
from tests.support.door import answer, free_address, listening


class Recorder:
    """Answers 200 and keeps what came: bodies, and the port of the caller."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.callers: list[int] = []

    async def __call__(self, scope, receive, send):
        message = await receive()
        self.bodies.append(message["body"])
        self.callers.append(scope["client"][1])
        await answer(send)


def load(application, *, bodies=(b"{}",), rate=200.0, seconds=0.1, warm_up=0, **options):
    options = {"timeout": 60, **options}
    with listening(application) as address:
        return run_load(f"{address}/infer", bodies, rate, seconds, warm_up=warm_up, **options)


def test_the_stated_number_of_requests_is_sent_and_measured():
    recorder = Recorder()
    report = load(recorder, rate=100, seconds=0.2)
    assert report.failures == {}
    assert (report.requests, report.errors, report.error_rate) == (20, 0, 0.0)
    assert len(recorder.bodies) == 20
    assert report.latencies_ms.shape == (20,)
    assert (report.latencies_ms > 0).all()
    assert np.isfinite(report.latencies_ms).all()
    assert dict(report.failures) == {}


def test_bodies_are_sent_in_turn():
    recorder = Recorder()
    load(recorder, bodies=[b"1", b"2", b"3"], rate=60, seconds=0.1)
    assert sorted(recorder.bodies) == [b"1", b"1", b"2", b"2", b"3", b"3"]


def test_requests_to_warm_up_are_sent_but_not_counted():
    recorder = Recorder()
    report = load(recorder, rate=50, seconds=0.1, warm_up=7)
    assert len(recorder.bodies) == 12
    assert report.requests == 5


def test_connections_are_kept():
    recorder = Recorder()
    load(recorder, warm_up=40)
    assert len(set(recorder.callers)) < len(recorder.callers) / 2


def test_requests_are_sent_although_earlier_ones_have_no_answer():
    """A client that waited for answers would stop at the first request for ever."""
    together = asyncio.Event()
    waiting = 0

    async def only_all_at_once(scope, receive, send):
        nonlocal waiting
        waiting += 1
        if waiting == 10:
            together.set()
        await together.wait()
        await answer(send)

    report = load(only_all_at_once, rate=100, seconds=0.1)
    assert report.errors == 0


def test_latency_counts_from_when_a_request_was_due_and_not_from_when_it_was_sent():
    """With one thread the last of ten requests, due after 90 ms, cannot be sent before 450 ms."""

    async def slow(scope, receive, send):
        await asyncio.sleep(0.05)
        await answer(send)

    report = load(slow, rate=100, seconds=0.1, threads=1)
    assert report.latencies_ms[-1] >= 10 * 50 - 90
    assert report.errors == 0


@pytest.mark.parametrize("status", [301, 404, 500, 503])
def test_an_answer_that_is_no_success_is_an_error_with_a_latency(status):
    async def refusing(scope, receive, send):
        await answer(send, status)

    report = load(refusing)
    assert report.error_rate == 1.0
    assert np.isfinite(report.latencies_ms).all()


def test_each_kind_of_failure_is_counted():
    turns = iter([200, 500, 200, 503, 500] * 4)

    async def varied(scope, receive, send):
        await answer(send, next(turns))

    report = load(varied, rate=200, seconds=0.1)
    assert report.failures == {"status 500": 8, "status 503": 4}
    assert report.error_rate == pytest.approx(0.6)


def test_an_endpoint_that_never_answers_has_no_latency_and_the_run_ends():
    async def silent(scope, receive, send):
        await asyncio.Event().wait()

    report = load(silent, rate=100, seconds=0.1, timeout=0.2, warm_up=3)
    assert report.errors == report.requests == 10
    # On a busy machine even the first may leave too late.
    assert set(report.failures) <= {"no answer within 0.2 s", "not sent in time"}
    assert report.p50 == math.inf


def test_requests_that_cannot_be_sent_in_time_are_errors():
    async def silent(scope, receive, send):
        await asyncio.Event().wait()

    report = load(silent, rate=1e6, seconds=20e-6, timeout=0.2, threads=1)
    assert report.errors == report.requests == 20
    assert report.failures["not sent in time"] > 0
    assert report.p50 == math.inf


def test_an_endpoint_that_trickles_its_answer_cannot_hold_the_run():
    """Each byte comes in time for the socket; the whole answer never does."""
    over = threading.Event()

    class Trickle(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                while not over.wait(0.02):
                    self.request.sendall(b"H")
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Trickle) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/infer"
        report = run_load(url, [b"{}"], rate=50, seconds=0.1, timeout=0.2, warm_up=2)
        over.set()
        server.shutdown()
        thread.join()
    assert report.errors == report.requests == 5
    assert report.p50 == math.inf


def test_where_nothing_listens_every_request_is_an_error():
    report = run_load(f"{free_address()}/infer", [b"{}"], rate=100, seconds=0.1)
    assert report.failures == {"Connection refused": 10}
    assert report.p99 == math.inf


def test_a_server_that_closes_each_connection_can_be_asked():
    async def closing(scope, receive, send):
        headers = [(b"content-length", b"2"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    assert load(closing).errors == 0


def test_a_connection_that_a_server_broke_is_one_error_and_the_next_request_a_new_one():
    class Breaking(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Breaking) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/infer"
        report = run_load(url, [b"{}"], rate=50, seconds=0.1, warm_up=0)
        server.shutdown()
        thread.join()
    assert report.errors == report.requests == 5


@pytest.mark.parametrize(
    ("bodies", "rate", "seconds"),
    [([], 10, 1), ([b"{}"], 0, 1), ([b"{}"], 10, 0), ([b"{}"], math.nan, 1)],
)
def test_a_load_that_would_measure_nothing_is_refused(bodies, rate, seconds):
    with pytest.raises(EndpointError, match="expected at least one body and figures above 0"):
        run_load("http://127.0.0.1:8160/infer", bodies, rate, seconds)


@pytest.mark.parametrize("url", ["127.0.0.1:8160", "ftp://127.0.0.1/x", "http:///x", ""])
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(EndpointError, match="expected http://host:port/path"):
        run_load(url, [b"{}"], 10, 1)


@given(
    st.lists(st.floats(0, 1e6) | st.just(math.inf), min_size=1, max_size=50),
    st.floats(0.001, 100),
)
def test_a_percentile_is_a_latency_that_was_met_and_that_enough_requests_kept(latencies, q):
    report = LoadReport(1, 1, len(latencies), 0, np.array(latencies))
    met = report.percentile(q)
    assert met in latencies
    assert sum(one <= met for one in latencies) >= q * len(latencies) / 100
    assert sum(one < met for one in latencies) < q * len(latencies) / 100


def test_the_99th_percentile_of_a_hundred_latencies_is_the_99th():
    report = LoadReport(1, 1, 100, 0, np.arange(100.0, 0.0, -1.0))
    assert (report.p50, report.percentile(95), report.p99) == (50.0, 95.0, 99.0)
