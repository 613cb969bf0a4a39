"""Releases that turn out bad in production are taken back by the platform, without an outage."""

from dataclasses import replace

import pytest

from gitops.holds import held, read_holds
from gitops.manifest import manifest_path, render
from serving.bundle import BundleContents, write_bundle
from tests.support.client import Client
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
MODEL = "diabetes"
WRONG_BY = 25.0


@pytest.fixture
def candidate(live):
    """An open promotion of a new version, trained on more patients."""
    before = live.desired(MODEL).bundle_digest
    for waiting in live.forge.promotions("open"):
        if waiting.model == MODEL:
            live.forge.close(waiting.number, "another drill begins")
    live.deliver_patients()
    promotion = live.promotion(MODEL)
    assert promotion.bundle_digest != before
    return promotion


def taken_back(stack, merged, environment="production"):
    """Return the commit that took `merged` back, once what it restored is proven."""
    path = manifest_path(environment, MODEL)

    def reverted():
        commit = stack.forge.last_change(path, stack.forge.head())
        return commit if commit.trailers.get("Failed-Revision") == merged else None

    def told():
        return stack.forge.read_record(environment, MODEL)

    commit = until(reverted, f"the revert of {merged}", 240, told)
    stack.healthy(MODEL, commit.revision, environment)
    return commit


def is_held(stack, digest, environment="production"):
    holds = read_holds(stack.forge, environment, MODEL, stack.forge.head())
    return held(holds, digest) is not None


def pipeline(stack):
    run = stack.dagster.launch(f"{MODEL}_pipeline", {"slipway/model": MODEL})
    return stack.finished(run, MODEL)


def test_a_slow_release_is_reverted_under_load_held_and_let_go_by_a_person(live, candidate):
    good, bad = live.desired(MODEL), candidate.bundle_digest
    drill = live.change(candidate, fault_delay_ms=200)
    with Client(live, MODEL) as client:
        until(lambda: len(client.answers) > 20, "answers before the release")
        taken_back(live, live.approve(drill))
        seen = len(client.answers)
        until(lambda: len(client.answers) > seen + 20, "answers after the revert")
    assert client.failures == []
    assert client.statuses == {200}
    assert set(client.scores()) == {good.bundle_digest, bad}
    assert all(len(scores) == 1 for scores in client.scores().values())
    assert client.answers[-1][1] == good.bundle_digest
    assert live.desired(MODEL).bundle_digest == good.bundle_digest
    until(lambda: live.idle(MODEL), "the end of the deployment")
    assert live.registry.aliases(MODEL)["champion"] == good.model_version
    assert is_held(live, bad)

    refused = pipeline(live)
    assert refused.status == "FAILURE"
    assert "held" in live.dagster.failure(refused.run_id)
    live.slipway("hold", MODEL, "--lift")
    pipeline(live)
    live.release(MODEL)
    assert live.live(MODEL) == bad


def test_a_bundle_that_misses_its_golden_rows_never_answers_and_is_taken_back(live):
    good = live.desired(MODEL, "staging")
    wrong = miscalibrated(live, good.bundle_digest)
    uri = live.artifacts.bundle_uri(MODEL, wrong.digest)
    manifest = replace(good, bundle_digest=wrong.digest, bundle_uri=uri)
    with Client(live, MODEL, "staging") as client:
        until(lambda: len(client.answers) > 20, "answers before the release")
        changes = {manifest.path: render(manifest)}
        bad = live.forge.commit(live.forge.head(), changes, "Release a drill to staging\n")
        taken_back(live, bad, "staging")
    assert client.failures == []
    assert client.statuses == {200}
    assert set(client.scores()) == {good.bundle_digest}
    assert is_held(live, wrong.digest, "staging")


def miscalibrated(stack, digest):
    """The same model with golden rows that it does not give."""
    bundle = stack.bundle(MODEL, digest)
    off = tuple(score + WRONG_BY for score in bundle.golden.scores)
    contents = BundleContents(
        runtime=bundle.runtime,
        model=bundle.model_bytes(),
        signature=bundle.signature,
        golden=replace(bundle.golden, scores=off),
        reference=bundle.reference,
        environment=bundle.environment,
        trusted=bundle.trusted,
    )
    return write_bundle(stack.artifacts.bundles(MODEL), contents)
