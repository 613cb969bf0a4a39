"""The end of the demo: what is live, what spoke for it, and how to ask it."""

import shlex
import sys
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from gitops.conditions import Verdict
from gitops.forge import Forge
from gitops.manifest import ReleaseManifest
from platform_assets.cli.console import facts, out
from platform_assets.cli.evidence import print_figures, print_verdicts, read_evidence
from platform_assets.cli.overview import Place
from resources.artifacts import Artifacts
from resources.inference import encode, infer_document, infer_path
from resources.settings import Settings
from resources.trust import certified_name
from serving.bundle import open_bundle


def summary(settings: Settings, forge: Forge, place: Place) -> None:
    """Print what production serves now, with its figures and a `curl` line that works."""
    manifest, record = place.manifest, place.record
    if manifest is None or record is None:
        return
    evidence = read_evidence(forge, manifest.environment, manifest.model, forge.head())
    out()
    facts(
        {
            "model": f"{manifest.model}, version {manifest.model_version}",
            "bundle": manifest.bundle_digest,
            "live since": record.since,
            "data": manifest.data_version,
            "promotion": merged_promotion(forge, manifest),
            "commit": place.commit.revision if place.commit else "",
            "endpoint": f"{settings.serve_url}{manifest.route}",
            "latency": latency(record.verdicts),
        }
    )
    out()
    if evidence is not None:
        print_verdicts("gates", evidence.gates)
        print_figures(evidence.figures)
    print_verdicts("checks of the endpoint", record.verdicts)
    _what_next(settings, manifest)


def _what_next(settings: Settings, manifest: ReleaseManifest) -> None:
    out("ask it:")
    out(curl(settings, manifest))
    out()
    facts(
        {
            "board": settings.board_url,
            "Dagster": f"{settings.dagster_url}/asset-groups",
            "MLflow": settings.mlflow_url,
            "stop": f"{sys.argv[0]} down",
        }
    )


def merged_promotion(forge: Forge, manifest: ReleaseManifest) -> str:
    merged = [
        one
        for one in forge.promotions("merged")
        if one.bundle_digest == manifest.bundle_digest and one.environment == manifest.environment
    ]
    return f"{merged[-1].number}, approved by {merged[-1].approver}" if merged else ""


def latency(verdicts: Iterable[Verdict]) -> str:
    """E.g. `p50 1.2 ms, p95 2.0 ms, p99 3.1 ms`, as it was measured when this went live."""
    found: Mapping[str, Verdict] = {verdict.check: verdict for verdict in verdicts}
    names = ("p50", "p95", "p99")
    given = [(name, found.get(f"latency_{name}")) for name in names]
    return ", ".join(
        f"{name} {verdict.observed:.1f} {verdict.unit}"
        for name, verdict in given
        if verdict is not None and isinstance(verdict.observed, float)
    )


def curl(settings: Settings, manifest: ReleaseManifest) -> str:
    """A line for the shell that scores the first golden row at the live endpoint.

    The shell reads the token from its file, so that the line can be shown to others.
    """
    artifacts = Artifacts(settings.artifacts)
    folder = artifacts.bundle_folder(manifest.model, manifest.bundle_digest)
    bundle = open_bundle(folder, manifest.bundle_digest)
    document = infer_document(bundle.signature, bundle.golden.rows[:1])
    host, trust = _trust(settings)
    address = f"{settings.serve_scheme}://{host}:{settings.serve_port}"
    url = f"{address}{manifest.route}{infer_path(manifest.model)}"
    header = "Content-Type: application/json"
    token = f'"Authorization: Bearer $(cat {shlex.quote(str(settings.api_token_file))})"'
    data = shlex.join(["-H", header, "-d", encode(document).decode()])
    return f"curl -s {trust}{shlex.quote(url)} -H {token} {data}"


def _trust(settings: Settings) -> tuple[str, str]:
    """The host in the address, and what has curl believe it: it compares names."""
    host, address = certified_name(settings), urlsplit(settings.serve_url).hostname
    if settings.tls_cert_file is None:
        return host, ""
    words = ["--cacert", str(settings.tls_cert_file)]
    if host != address:
        words += ["--resolve", f"{host}:{settings.serve_port}:{address}"]
    return host, f"{shlex.join(words)} "
