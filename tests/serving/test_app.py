"""The whole of `serving` on real Ray Serve: deployed by REST, swapped and refused under load."""

import gzip
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from benchmarks.serving.soak import report, soak
from gitops.canary import CanaryPolicy
from gitops.figures import figures_from
from gitops.manifest import serve_application
from gitops.walk import Walk, wanted
from serving.bundle import Bundle, write_bundle
from tests.support.asking import asking
from tests.support.bundles import line_contents
from tests.support.listening import listening, off_loopback
from tests.support.ray_head import RayHead, ray_head
from tests.support.releases import serving
from tests.support.waiting import until

BASE_PORT = 8141
SWAP_SECONDS = 60.0
SOAK_SECONDS = 60.0

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def head() -> Iterator[RayHead]:
    with ray_head(BASE_PORT) as running:
        yield running


def application(bundle: Bundle, version: str) -> dict[str, Any]:
    return serve_application(serving(bundle, "production", model_version=version))


def ready(head: RayHead) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{head.serve}/line/v2/health/ready", timeout=60).json()
    return found


def wait_until_ready(head: RayHead, key: str, digest: str) -> dict[str, Any]:
    deadline = time.monotonic() + SWAP_SECONDS
    while ((state := ready(head))[key] or {}).get("digest") != digest:
        assert time.monotonic() < deadline, state
        time.sleep(0.05)
    return state


def test_versions_change_under_load_and_a_corrupted_bundle_is_refused(
    head: RayHead, tmp_path: Path
) -> None:
    first = write_bundle(tmp_path, line_contents())
    second = write_bundle(tmp_path, line_contents(bias=100.0))
    third = write_bundle(tmp_path, line_contents(bias=200.0))
    (third.folder / "model.onnx").write_bytes(b"something else")

    head.deploy(application(first, "1"))
    head.wait_for("line", "RUNNING")
    row = {"instances": [{"a": 1, "b": 2}]}
    with asking(f"{head.serve}/line/invocations", row) as caller:
        head.deploy(application(second, "2"))
        wait_until_ready(head, "live", second.digest)
        head.deploy(application(third, "3"))
        state = wait_until_ready(head, "refused", third.digest)
        count = len(caller.answers)
        while len(caller.answers) < count + 100:
            time.sleep(0.01)

    assert caller.failures == []
    assert {answer.status_code for answer in caller.answers} == {200}
    values = {
        (answer.headers["x-model-version"], answer.json()["predictions"][0])
        for answer in caller.answers
    }
    assert values == {("1", 8.0), ("2", 108.0)}
    assert state["live"]["digest"] == second.digest
    assert state["refused"]["reason"].startswith("CorruptFile: file 'model.onnx': got 14 bytes")
    assert head.wait_for("line", "RUNNING")["status"] == "RUNNING"


def test_a_candidate_takes_over_under_load_and_nobody_is_failed(
    head: RayHead, tmp_path: Path
) -> None:
    stable, candidate = (
        serving(
            write_bundle(tmp_path, line_contents(bias=bias)),
            "production",
            model_version=version,
            canary=CanaryPolicy(steps=(50,)),
        )
        for version, bias in (("7", 0.0), ("8", 100.0))
    )
    head.deploy(wanted(stable, None))
    head.wait_for("line", "RUNNING")
    wait_until_ready(head, "live", stable.bundle_digest)
    with asking(f"{head.serve}/line/invocations", {"instances": [{"a": 1, "b": 2}]}) as caller:
        head.deploy(wanted(candidate, Walk(stable, candidate, 0)))
        wait_until_ready(head, "canary", candidate.bundle_digest)
        until(lambda: ready(head)["canary"]["pairs"]["rows"] >= 50)
        told = figures_from(ready(head)["canary"])
        head.deploy(wanted(candidate, None))
        wait_until_ready(head, "live", candidate.bundle_digest)
    assert caller.failures == []
    met = {(one.status_code, one.headers["x-model-version"]) for one in caller.answers}
    assert met == {(200, "7"), (200, "8")}
    assert told.pairs.disagreed == told.pairs.rows
    assert ready(head)["warm"]["digest"] == stable.bundle_digest


def test_every_answer_names_version_digest_and_request_once(head: RayHead, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, line_contents())
    head.deploy(application(bundle, "1"))
    head.wait_for("line", "RUNNING")
    wait_until_ready(head, "live", bundle.digest)
    for path in ("v2", "v2/health/ready", "openapi.json", "nowhere"):
        url = f"{head.serve}/line/{path}"
        answer = httpx.get(url, headers={"x-request-id": "q-1"}, timeout=60)
        assert answer.headers["x-bundle-digest"] == bundle.digest
        assert answer.headers["x-model-version"] == "1"
        assert answer.headers.get_list("x-request-id") == ["q-1"]


def named(head: RayHead, count: int) -> str:
    """The id that a request for so many rows was given: ours is in hex, Serve's a UUID."""
    rows = {"instances": [{"a": 1, "b": 2}] * count}
    answer = httpx.post(f"{head.serve}/line/invocations", json=rows, timeout=60)
    assert answer.json() == {"predictions": [8.0] * count}
    (name,) = answer.headers.get_list("x-request-id")
    return name


def test_few_rows_come_in_by_the_short_way_and_many_by_serves_own(
    head: RayHead, tmp_path: Path
) -> None:
    bundle = write_bundle(tmp_path, line_contents())
    head.deploy(application(bundle, "1"))
    head.wait_for("line", "RUNNING")
    wait_until_ready(head, "live", bundle.digest)
    # Until HAProxy knows a new replica's port, Serve's own proxy brings what is asked.
    until(lambda: bool(re.fullmatch(r"[0-9a-f]{32}", named(head, 1))))
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", named(head, 2000))


def test_memory_and_handles_stay_flat_under_a_minute_of_load(head: RayHead, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, line_contents())
    head.deploy(application(bundle, "1"))
    head.wait_for("line", "RUNNING")
    wait_until_ready(head, "live", bundle.digest)
    soaked = soak(f"{head.serve}/line", head.processes, SOAK_SECONDS)
    assert soaked.asked > 0
    assert soaked.sound, report(soaked, SOAK_SECONDS)


def logged(head: RayHead, environment: str) -> list[str]:
    """The request ids in the log of `line`, in no promised order."""
    files = (head.predictions / environment / "line").glob("*.jsonl.gz")
    lines = [line for path in files for line in gzip.decompress(path.read_bytes()).splitlines()[1:]]
    return [orjson.loads(line)["request_id"] for line in lines]


def ask(head: RayHead, names: list[str]) -> None:
    for name in names:
        row, named = {"instances": [{"a": 1, "b": 2}]}, {"x-request-id": name}
        asked = {"json": row, "headers": named, "timeout": 60}
        deadline = time.monotonic() + SWAP_SECONDS
        while httpx.post(f"{head.serve}/staging/line/invocations", **asked).status_code != 200:
            assert time.monotonic() < deadline, name
            time.sleep(0.05)


def wait_until_logged(head: RayHead, names: list[str]) -> None:
    deadline = time.monotonic() + SWAP_SECONDS
    while not set(names) <= set(logged(head, "staging")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_killed_replica_loses_its_tail_alone_and_a_stopped_one_nothing(
    head: RayHead, tmp_path: Path
) -> None:
    bundle = write_bundle(tmp_path, line_contents())
    head.deploy(serve_application(serving(bundle, "staging")))
    head.wait_for("staging-line", "RUNNING")
    early, tail, late = ([f"{part}-{one}" for one in range(100)] for part in ("e", "t", "l"))
    ask(head, early)
    wait_until_logged(head, early)
    ask(head, tail)
    replica = [one for one in head.processes() if "staging-line" in " ".join(one.cmdline())]
    assert len(replica) == 1
    replica[0].kill()
    replica[0].wait()
    ask(head, late)
    head.deploy()
    head.wait_for("staging-line", "ABSENT")
    found = logged(head, "staging")
    assert len(found) == len(set(found))
    assert set(early + late) <= set(found) <= set(early + tail + late)


def test_what_a_replica_counts_is_scraped_from_ray(head: RayHead, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, line_contents())
    head.deploy(serve_application(serving(bundle, "staging", model_version="7")))
    head.wait_for("staging-line", "RUNNING")
    ask(head, [f"counted-{one}" for one in range(20)])
    counted = re.compile(r'ray_slipway_requests_total\{(?=.*outcome="ok")(?=.*version="7").*\} 20')
    bucket = re.compile(
        r'ray_slipway_request_seconds_bucket\{(?=.*le="\+Inf")(?=.*version="7").*\} 20'
    )
    deadline = time.monotonic() + SWAP_SECONDS
    while not (
        counted.search(text := httpx.get(head.metrics, timeout=60).text) and bucket.search(text)
    ):
        assert time.monotonic() < deadline, [one for one in text.splitlines() if "slipway" in one]
        time.sleep(0.5)


def test_nothing_of_a_head_listens_beyond_loopback(head: RayHead, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, line_contents())
    head.deploy(application(bundle, "1"))
    head.wait_for("line", "RUNNING")
    addresses = listening(head.processes())
    assert addresses
    assert off_loopback(addresses) == set()


def test_a_first_deployment_with_a_bad_bundle_fails_and_says_why(
    head: RayHead, tmp_path: Path
) -> None:
    bundle = write_bundle(tmp_path, line_contents())
    shutil.rmtree(bundle.folder)
    head.deploy({**application(bundle, "1"), "name": "bad", "route_prefix": "/bad"})
    found = head.wait_for("bad", "DEPLOY_FAILED", "UNHEALTHY")
    assert "BundleMissing" in str(found["deployments"]["ModelServer"])
