import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gitops.budget import LatencyBudget
from gitops.conditions import Verdict
from gitops.manifest import ReleaseManifest
from resources.artifacts import Artifacts
from resources.endpoint import EndpointVerifier
from resources.errors import EndpointError
from resources.latency_record import record_at
from serving.access.grants import PROBE
from serving.bundle import Bundle, BundleContents, write_bundle
from serving.ingress import Ingress
from serving.rollout import Rollout
from serving.seal import seal
from serving.settings import load_settings
from tests.support.bundles import fraud_contents, iris_contents, line_contents
from tests.support.door import Application, Faulty, answer, door, free_address, guarded, listening
from tests.support.releases import manifest

CHECKS = [
    "ready",
    "golden_rows",
    "bad_input",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "error_rate",
]
MEASURED = [*CHECKS, "memory"]
# Refusals come in time, and they are no answers.
TURNED_AWAY = ["golden_rows", "bad_input", "error_rate"]
# Wide enough for any machine; what is slow below is slower by design.
WIDE = LatencyBudget(rate=100, seconds=0.3, p50_ms=9_000, p95_ms=9_000, p99_ms=9_000)
TIGHT = LatencyBudget(rate=100, seconds=0.3, p50_ms=40, p95_ms=40, p99_ms=40)


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path)


@pytest.fixture
def line(artifacts: Artifacts) -> Bundle:
    return store(artifacts, line_contents())


def store(artifacts: Artifacts, contents: BundleContents) -> Bundle:
    return write_bundle(artifacts.bundles(contents.signature.model), contents)


def release(bundle: Bundle, budget: LatencyBudget = WIDE) -> ReleaseManifest:
    return replace(
        manifest(model=bundle.signature.model),
        bundle_digest=bundle.digest,
        bundle_uri=bundle.folder.as_uri(),
        latency=budget,
    )


def judge(
    artifacts: Artifacts, application: Application, wanted: ReleaseManifest, *, load: bool = False
) -> dict[str, Verdict]:
    with listening(application) as address:
        verdicts = EndpointVerifier(address, artifacts, load=load).verify(wanted, "")
    return {verdict.check: verdict for verdict in verdicts}


def test_every_request_of_the_verifier_says_that_it_is_no_callers(artifacts, line):
    served, ids = door(line), []

    async def noting(scope, receive, send):
        if scope["type"] == "http" and scope["method"] == "POST":
            ids.append(dict(scope["headers"]).get(b"x-request-id", b"").decode())
        await served(scope, receive, send)

    judge(artifacts, noting, release(line), load=True)
    assert len(ids) > 20
    assert all(one.startswith(PROBE) for one in ids)
    assert len(set(ids)) == len(ids)


def test_a_stored_bundle_without_the_signature_that_is_asked_for_fails(artifacts, line):
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with listening(door(line)) as address:
        verifier = EndpointVerifier(address, artifacts, load=False, keys=(key.public_key(),))
        before = {one.check: one for one in verifier.verify(release(line), "")}
        seal(line.folder, line.digest, key)
        after = {one.check: one for one in verifier.verify(release(line), "")}
    assert "manifest.sig is not there" in before["golden_rows"].message
    assert (before["golden_rows"].passed, after["golden_rows"].passed) == (False, True)


@pytest.mark.parametrize(
    ("shown", "missed"), [("right", []), ("wrong", TURNED_AWAY), (None, TURNED_AWAY)]
)
def test_the_token_is_shown_by_every_check(shown, missed, artifacts, line):
    with listening(guarded(line, "right")) as address:
        verifier = EndpointVerifier(address, artifacts, token=lambda: shown)
        verdicts = {one.check: one for one in verifier.verify(release(line), "")}
    assert (failed(verdicts), verdicts["ready"].passed) == (missed, True)
    if missed:
        assert "status 401" in verdicts["golden_rows"].message


def failed(verdicts: dict[str, Verdict]) -> list[str]:
    return [name for name, verdict in verdicts.items() if not verdict.passed]


def test_a_right_endpoint_passes_every_check_in_the_order_of_the_catalogue(artifacts, line):
    verdicts = judge(artifacts, door(line), release(line), load=True)
    assert list(verdicts) == MEASURED
    assert failed(verdicts) == []
    assert "30 requests at 100/s" in verdicts["latency_p99"].message


@pytest.mark.e2e
def test_the_version_before_is_asked_in_turn_and_shows_whose_fault_it_is(artifacts, line):
    before = store(artifacts, line_contents(bias=1.0))
    slow, fast = door(line, 400, before=(before, None)), door(line, before=(before, None))
    found = [judge(artifacts, one, release(line, TIGHT), load=True) for one in (slow, fast)]
    beside = [one["latency_beside"] for one in found]
    assert beside[0].outcome == "fail"
    assert " slices of each, in turn; version 0: " in beside[0].message
    assert list(found[1]) == [*CHECKS, "latency_beside", "memory"]


def test_what_was_seen_under_load_is_kept_and_named_as_evidence(artifacts, line):
    verdicts = judge(artifacts, door(line), release(line), load=True)
    kept = record_at(verdicts["latency_p99"].evidence)
    assert (kept.mine.requests, kept.mine.errors, kept.beside) == (30, 0, None)
    (held,) = kept.memory.values()
    assert verdicts["memory"].observed == pytest.approx(held / 2**20, abs=0.1)
    assert held > 10 * 2**20


def test_a_version_before_that_takes_other_columns_stands_beside_nothing(artifacts, line):
    application = Faulty([door(line, before=(store(artifacts, line_contents(bias=1.0)), None))])
    inferences: list[str] = application.inferences

    async def without(scope, receive, send):
        if "/versions/0/" in scope["path"]:
            inferences.append(scope["path"])
            await answer(send, 400)
        else:
            await application(scope, receive, send)

    verdicts = judge(artifacts, without, release(line), load=True)
    assert (list(verdicts), failed(verdicts)) == (MEASURED, [])
    assert sum("/versions/0/" in path for path in inferences) == 1


@pytest.mark.parametrize("contents", [fraud_contents, iris_contents])
def test_every_task_and_type_of_column_can_be_judged(artifacts, contents):
    bundle = store(artifacts, contents())
    verdicts = judge(artifacts, door(bundle), release(bundle))
    assert list(verdicts) == CHECKS[:3]
    assert failed(verdicts) == []


def test_a_slow_endpoint_fails_on_latency_alone(artifacts, line):
    verdicts = judge(artifacts, door(line, delay_ms=60), release(line, TIGHT), load=True)
    assert failed(verdicts) == ["latency_p50", "latency_p95", "latency_p99"]
    slow = verdicts["latency_p50"]
    assert slow.observed >= 60
    assert (slow.metric, slow.threshold, slow.unit) == ("p50", 40, "ms")


def test_an_endpoint_that_answers_otherwise_than_it_was_judged_fails_the_golden_rows(
    artifacts, line
):
    verdicts = judge(artifacts, Faulty([door(line)], shift=0.25), release(line))
    assert failed(verdicts) == ["golden_rows"]
    golden = verdicts["golden_rows"]
    assert golden.observed == pytest.approx(0.25)
    assert golden.threshold == line.golden.tolerance
    assert golden.message == "in row 0"


def test_a_difference_within_the_tolerance_passes(artifacts, line):
    verdicts = judge(
        artifacts, Faulty([door(line)], shift=line.golden.tolerance / 2), release(line)
    )
    assert failed(verdicts) == []
    assert verdicts["golden_rows"].observed > 0


def test_an_endpoint_that_fails_now_and_then_fails_on_the_error_rate(artifacts, line):
    # Three requests for the golden rows and five bad ones come first, then 20 to warm up.
    verdicts = judge(artifacts, Faulty([door(line)], failing=10), release(line), load=True)
    assert failed(verdicts) == ["error_rate"]
    assert verdicts["error_rate"].observed == pytest.approx(0.1)
    assert "failed: 3 x status 500" in verdicts["error_rate"].message


def test_failures_within_the_budget_are_allowed(artifacts, line):
    tolerant = replace(WIDE, error_rate=0.5)
    verdicts = judge(
        artifacts, Faulty([door(line)], failing=10), release(line, tolerant), load=True
    )
    assert failed(verdicts) == []


@pytest.mark.parametrize("status", [200, 500])
def test_bad_input_must_be_refused_and_neither_taken_nor_broken_on(artifacts, line, status):
    verdicts = judge(artifacts, Faulty([door(line)], refusal=status), release(line))
    assert failed(verdicts) == ["bad_input"]
    assert verdicts["bad_input"].observed == 5
    for name in ("unknown column", "missing column", "wrong type", "bad JSON", "empty"):
        assert f"{name}: status {status}" in verdicts["bad_input"].message


def test_where_nothing_listens_every_check_fails_and_nothing_is_raised(artifacts, line):
    verdicts = EndpointVerifier(free_address(), artifacts).verify(release(line), "/staging/line")
    assert [verdict.check for verdict in verdicts] == CHECKS
    assert not any(verdict.passed for verdict in verdicts)
    assert [verdict.observed for verdict in verdicts] == [None] * len(CHECKS)
    assert "refused" in verdicts[0].message


def test_an_endpoint_with_another_bundle_is_not_asked_any_further(artifacts, line):
    other = store(artifacts, line_contents(bias=1.0))
    application = Faulty([door(other)])
    verdicts = judge(artifacts, application, release(line), load=True)
    assert failed(verdicts) == CHECKS
    assert verdicts["ready"].observed == other.digest
    assert verdicts["error_rate"].message == "the endpoint is not ready"
    assert application.inferences == []


def test_an_endpoint_with_nothing_live_is_not_ready(artifacts, line):
    empty = Ingress(Rollout("line"), load_settings())
    verdicts = judge(artifacts, empty, release(line))
    assert failed(verdicts) == CHECKS[:3]
    assert "503" in verdicts["ready"].message


def test_a_server_of_another_kind_is_not_ready(artifacts, line):
    async def other(scope, receive, send):
        await answer(send, content=b"<html>hello</html>")

    verdicts = judge(artifacts, other, release(line))
    assert verdicts["ready"].observed is None
    assert verdicts["ready"].message == "status 200, '<html>hello</html>'"


def test_a_digest_named_by_an_endpoint_that_is_not_ready_does_not_count(artifacts, line):
    async def starting(scope, receive, send):
        state = {"ready": False, "live": {"digest": line.digest}}
        await answer(send, 503, json.dumps(state).encode())

    verdicts = judge(artifacts, starting, release(line))
    assert not verdicts["ready"].passed
    assert verdicts["ready"].message == "status 503, not ready"


def test_a_replica_that_still_has_another_bundle_fails_the_golden_rows(artifacts, line):
    other = store(artifacts, line_contents(bias=1e-9))
    verdicts = judge(artifacts, Faulty([door(line), door(other)]), release(line))
    assert failed(verdicts) == ["golden_rows"]
    assert verdicts["golden_rows"].observed is None
    assert other.digest in verdicts["golden_rows"].message


def test_a_stored_bundle_that_was_changed_proves_nothing(artifacts, line):
    running = door(line)
    (line.folder / "golden.json").write_text("{}")
    verdicts = judge(artifacts, running, release(line), load=True)
    assert failed(verdicts) == CHECKS[1:]
    assert "golden.json" in verdicts["golden_rows"].message


def test_an_address_of_another_kind_is_refused_at_once(artifacts):
    with pytest.raises(EndpointError, match=r"'127\.0\.0\.1:8000', expected http://host:port"):
        EndpointVerifier("127.0.0.1:8000", artifacts)
