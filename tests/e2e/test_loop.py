"""From dropped files to production, on a real Dagster daemon and a real Ray Serve."""

import json

import httpx
import numpy as np
import pandas as pd
import pytest

from platform_assets.watch.tracing import find
from resources.inference import encode, infer_document, infer_path, read_scores
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
MODELS = ("diabetes", "fraud")


def ask(stack, model):
    manifest = stack.desired(model)
    bundle = stack.bundle(model, manifest.bundle_digest)
    body = encode(infer_document(bundle.signature, bundle.golden.rows))
    url = f"{stack.url(model)}{infer_path(model)}"
    return manifest, bundle, httpx.post(url, content=body, headers=stack.shown, timeout=60)


@pytest.mark.parametrize("model", MODELS)
def test_production_answers_its_golden_rows_and_says_who_answers(live, model):
    manifest, bundle, answer = ask(live, model)
    scores = read_scores(bundle.signature, answer.content, len(bundle.golden.rows))
    np.testing.assert_allclose(scores, bundle.golden.scores, atol=bundle.golden.tolerance)
    assert answer.headers["x-bundle-digest"] == manifest.bundle_digest
    assert answer.headers["x-model-version"] == manifest.model_version
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_is_traced_to_the_delivered_files_and_given_again(live, model):
    _, bundle, answer = ask(live, model)
    name = answer.headers["x-request-id"]
    until(lambda: find(live.lake, live.settings.predictions, [model], name), "the logged request")
    told = json.loads(live.slipway("trace", name, "--json"))
    assert (told["bundle"], told["by whom"]) == (bundle.digest, "a person")
    assert told["difference"] <= bundle.golden.tolerance
    assert len(told["rows"]) == len(bundle.golden.rows)
    delivered = {path.name for path in (live.settings.landing / model).iterdir()}
    assert {one["file"] for one in told["deliveries"]} <= delivered
    assert (told["gaps"], told["deliveries"] != []) == ([], True)


@pytest.mark.parametrize("model", MODELS)
def test_what_is_in_production_was_proven_in_staging_before(live, model):
    staging, production = (
        live.forge.read_record(name, model) for name in ("staging", "production")
    )
    assert production.digest == live.desired(model).bundle_digest
    assert staging.proven(production.digest)
    assert all(one.passed for record in (staging, production) for one in record.verdicts)
    assert live.health(model) == live.health(model, "staging") == "healthy"


@pytest.mark.parametrize("model", MODELS)
def test_git_names_who_approved_what_is_in_production(live, model):
    manifest = live.desired(model)
    commit = live.forge.last_change(manifest.path, live.forge.head())
    assert commit.trailers["Approved-by"] == "a person"
    assert commit.trailers["Bundle-Digest"] == manifest.bundle_digest


@pytest.mark.parametrize("model", MODELS)
def test_the_alias_champion_names_the_version_in_production(live, model):
    aliases = live.registry.aliases(model)
    assert aliases["champion"] == live.desired(model).model_version
    digests = [one.digest for one in live.registry.versions(model)]
    assert len(digests) == len(set(digests))


@pytest.mark.parametrize("model", MODELS)
def test_every_delivered_row_is_clean_or_quarantined(live, model):
    files = sorted((live.settings.landing / model).iterdir())
    delivered = sum(len(read(file)) for file in files)
    clean, bad = (live.lake.count(f"{model}/{name}") for name in ("cleaned", "quarantine"))
    assert delivered == clean + bad > 0


def read(file):
    return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file, dtype=str)
