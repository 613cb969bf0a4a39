"""The judge of a live endpoint: is it the right bundle, does it answer right, and fast enough?"""

import ssl
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

import httpx
import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gitops.conditions import Verdict
from gitops.manifest import ReleaseManifest
from resources.artifacts import Artifacts
from resources.errors import EndpointError, UnusableAnswer
from resources.inference import (
    Row,
    bad_bodies,
    encode,
    infer_document,
    infer_path,
    probe_id,
    read_scores,
)
from resources.latency import SLOWDOWN, unmeasured
from resources.latency_record import LatencyRecord
from resources.latency_test import latency_test, measure_in_turn
from resources.load import Target
from resources.memory import memory_of_replicas, memory_verdict
from serving.bundle import Bundle, open_bundle
from serving.errors import BundleError

ASK_SECONDS = 10.0
# Enough for the slowest answer that a budget allows, and for telling slow from silent.
TIMEOUT_BUDGETS = 4
READY = "/v2/health/ready"
_JSON = {"Content-Type": "application/json"}
_NOT_LET_IN = (
    httpx.codes.UNAUTHORIZED,
    httpx.codes.FORBIDDEN,
    httpx.codes.TOO_MANY_REQUESTS,
)


@dataclass(frozen=True)
class Before:
    """The version before, which an endpoint keeps loaded and answers with by name."""

    model: str
    version: str
    digest: str

    @property
    def path(self) -> str:
        """Where it answers, below the route prefix."""
        return f"/v2/models/{self.model}/versions/{quote(self.version)}/infer"


class EndpointVerifier:
    """`gitops.reconcile.Verifier` over HTTP, with the golden rows of the stored bundle.

    Every check always gets a verdict; what could not be asked fails with `observed` None. Without
    `load` the latency and error-rate checks are left out, for a quick look at what was restored.
    If there are `keys`, one of them must have signed the stored bundle. `token` gives the bearer
    token to be shown, if any; it is asked anew for each look. `tls` says which certificates are
    accepted; None is as usual.
    EndpointError for a `base_url` that is not http:// or https://.
    """

    def __init__(
        self,
        base_url: str,
        artifacts: Artifacts,
        *,
        load: bool = True,
        keys: Sequence[Ed25519PublicKey] = (),
        token: Callable[[], str | None] = lambda: None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise EndpointError(f"endpoint: got address {base_url!r}, expected http://host:port")
        self._base, self._artifacts, self._load = base_url.rstrip("/"), artifacts, load
        self._keys, self._token, self._tls = keys, token, tls

    def scores(self, bundle: Bundle, route: str, rows: Sequence[Row]) -> npt.NDArray[np.float64]:
        """What the endpoint at a route prefix answers n ≥ 1 rows with: (n,) or (n, classes).

        Raises
        ------
        EndpointError
            If it cannot be asked; UnusableAnswer if it answers otherwise, or another bundle does.
        """
        with self._client(route) as client:
            try:
                return _score(client, bundle, rows)
            except httpx.HTTPError as error:
                raise EndpointError(f"{client.base_url}: {_told(error)}") from error

    def verify(self, manifest: ReleaseManifest, route: str) -> Sequence[Verdict]:
        """Verdicts `ready`, `golden_rows`, `bad_input`, `latency_p50/p95/p99`, `error_rate`.

        `latency_beside` too where the endpoint still has the version before, and `memory` where
        it tells it.

        After a failing `ready` the endpoint is not asked any further.
        """
        with self._client(route) as client:
            ready = check_ready(client, manifest)
            if not ready.passed:
                return [ready, *self._unmeasured(manifest, "the endpoint is not ready")]
            try:
                bundle = self._bundle(manifest)
            except (BundleError, OSError) as error:
                return [ready, *self._unmeasured(manifest, f"the stored bundle: {error}")]
            asked = [ready, check_golden_rows(client, bundle), check_bad_input(client, bundle)]
            if not self._load:
                return asked
            before = before_in(client, manifest)
            return [*asked, *self._under_load(manifest, bundle, before, client)]

    def _client(self, route: str) -> httpx.Client:
        # Proxies named in the environment are for the outside world.
        return httpx.Client(
            base_url=f"{self._base}{route}",
            headers=self._headers(),
            timeout=ASK_SECONDS,
            trust_env=False,
            event_hooks={"request": [_mark]},
            verify=self._tls or True,
        )

    def _headers(self) -> dict[str, str]:
        token = self._token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _bundle(self, manifest: ReleaseManifest) -> Bundle:
        folder = self._artifacts.bundle_folder(manifest.model, manifest.bundle_digest)
        return open_bundle(folder, manifest.bundle_digest, self._keys)

    def _under_load(
        self, manifest: ReleaseManifest, bundle: Bundle, before: Before | None, client: httpx.Client
    ) -> Sequence[Verdict]:
        """The latency test, beside the version `before` if the endpoint still has it."""
        budget, address = manifest.latency, str(client.base_url).rstrip("/")
        bodies = [encode(infer_document(bundle.signature, [row])) for row in bundle.golden.rows]
        target = partial(
            Target,
            bodies=bodies,
            timeout=max(ASK_SECONDS, TIMEOUT_BUDGETS * budget.p99_ms / 1000),
            headers=self._headers(),
            tls=self._tls,
        )
        with ExitStack() as stack:
            mine = stack.enter_context(target(f"{address}{infer_path(manifest.model)}"))
            mine.warm_up()
            beside = None
            if before is not None and can_be_asked(client, before, bodies[0]):
                beside = stack.enter_context(target(f"{address}{before.path}"))
                beside.warm_up()
            version = before.version if before else ""
            slowdown = manifest.canary.slowdown if manifest.canary else SLOWDOWN
            tested = latency_test(
                budget,
                slowdown,
                lambda seconds: measure_in_turn(budget.rate, seconds, mine, beside, version),
            )
        memory = memory_of_replicas(client, manifest.replicas)
        record = LatencyRecord.of(manifest.bundle_digest, tested.measured, memory)
        kept = record.kept(self._artifacts, manifest.model)
        verdicts = [replace(one, evidence=kept) for one in tested.verdicts]
        return [*verdicts, *([memory_verdict(memory)] if memory else [])]

    def _unmeasured(self, manifest: ReleaseManifest, why: str) -> list[Verdict]:
        asked = [
            Verdict("golden_rows", False, "largest difference", None, None, message=why),
            Verdict("bad_input", False, "bad inputs not refused", None, 0.0, message=why),
        ]
        return asked + (unmeasured(manifest.latency, why) if self._load else [])


def check_ready(client: httpx.Client, manifest: ReleaseManifest) -> Verdict:
    """Is the manifest's digest what the endpoint says it serves?"""
    digest, message = _live_digest(client)
    passed = digest == manifest.bundle_digest and not message
    return Verdict("ready", passed, "live digest", digest, manifest.bundle_digest, message=message)


def check_golden_rows(client: httpx.Client, bundle: Bundle) -> Verdict:
    """Are all golden rows answered within the tolerance, each alone and all together?"""
    golden = bundle.golden
    try:
        alone = [_score(client, bundle, [row]) for row in golden.rows]
        together = _score(client, bundle, golden.rows)
        observed, message = _compare(bundle, np.concatenate(alone), together)
    except (httpx.HTTPError, EndpointError) as error:
        observed, message = None, _told(error)
    passed = observed is not None and observed <= golden.tolerance
    metric = "largest difference"
    return Verdict("golden_rows", passed, metric, observed, golden.tolerance, message=message)


def check_bad_input(client: httpx.Client, bundle: Bundle) -> Verdict:
    """Is each of several bad inputs answered with 4xx?"""
    bodies = bad_bodies(bundle.signature, bundle.golden.rows[0])
    answers = {name: _refusal(client, bundle, body) for name, body in bodies.items()}
    wrong = [f"{name}: {answer}" for name, answer in answers.items() if answer]
    metric, message = "bad inputs not refused", "; ".join(wrong)
    return Verdict("bad_input", not wrong, metric, float(len(wrong)), 0.0, message=message)


def before_in(client: httpx.Client, manifest: ReleaseManifest) -> Before | None:
    """What the endpoint keeps warm beside the manifest's digest, if anything."""
    try:
        warm = client.get(READY).json()["warm"]
        before = Before(manifest.model, str(warm["version"]), str(warm["digest"]))
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    same = before.digest == manifest.bundle_digest or before.version == manifest.model_version
    return None if same else before


def can_be_asked(client: httpx.Client, before: Before, body: bytes) -> bool:
    """Whether the version before answers the rows of this one; its columns may be others."""
    try:
        answer = client.post(before.path, content=body, headers=_JSON)
    except httpx.HTTPError:
        return False
    return (
        answer.status_code == httpx.codes.OK
        and answer.headers.get("x-bundle-digest") == before.digest
    )


def _mark(request: httpx.Request) -> None:
    request.headers["x-request-id"] = probe_id()


def _live_digest(client: httpx.Client) -> tuple[str | None, str]:
    try:
        answer = client.get(READY)
        state = answer.json()
        digest = str(state["live"]["digest"])
    except httpx.HTTPError as error:
        return None, _told(error)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, f"status {answer.status_code}, {answer.text[:200]!r}"
    ready = answer.status_code == httpx.codes.OK and state.get("ready") is True
    return digest, "" if ready else f"status {answer.status_code}, not ready"


def _score(client: httpx.Client, bundle: Bundle, rows: Sequence[Row]) -> np.ndarray:
    content = encode(infer_document(bundle.signature, rows))
    answer = client.post(infer_path(bundle.signature.model), content=content, headers=_JSON)
    by = answer.headers.get("x-bundle-digest")
    if by != bundle.digest:
        raise UnusableAnswer(f"x-bundle-digest: {by}", f"an answer of {bundle.digest}")
    if answer.status_code != httpx.codes.OK:
        raise UnusableAnswer(f"status {answer.status_code}: {answer.text}", "status 200")
    return read_scores(bundle.signature, answer.content, len(rows))


def _compare(bundle: Bundle, *answers: np.ndarray) -> tuple[float, str]:
    """The largest difference to the golden scores, and the row that has it if it is too large."""
    expected = np.array(bundle.golden.scores, dtype=np.float64)
    differences = np.abs(np.stack(answers) - expected).reshape(len(answers), len(expected), -1)
    by_row = differences.max(axis=(0, 2))
    worst = int(by_row.argmax())
    largest = float(by_row[worst])
    return largest, "" if largest <= bundle.golden.tolerance else f"in row {worst}"


def _refusal(client: httpx.Client, bundle: Bundle, body: bytes) -> str:
    """Empty if the body is refused as it should be, otherwise what came instead."""
    try:
        answer = client.post(infer_path(bundle.signature.model), content=body, headers=_JSON)
    except httpx.HTTPError as error:
        return _told(error)
    # Who is let in was settled before the input was looked at.
    refused = answer.is_client_error and answer.status_code not in _NOT_LET_IN
    return "" if refused else f"status {answer.status_code}"


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
