"""A candidate beside a champion that is live in git, through the assets of a small model."""

import json
import shutil

import dagster as dg
import jsonschema
import pandas as pd
import pytest

from platform_assets.lineage import latest
from platform_assets.ml.holdout import HOLDOUT
from platform_assets.model.evaluation_report import KIND
from platform_assets.model.page import DOCUMENT, PAGE
from platform_assets.model.rows import PART
from resources.settings import CHECKOUT
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

pytestmark = pytest.mark.slow

JUDGING = ("raw", "cleaned", "quarantine", "training_set", "candidate_model", "registry_entry")
RELEASING = ("staging_release", "staging_deployment", "production_promotion")


class Story:
    """Two candidates, both judged while nothing was live; then the first becomes the champion."""

    def __init__(self, platform):
        self.platform = platform
        self.first = self.candidate("day-1.csv", orders(600, seed=1), *JUDGING, "evaluation_report")
        self.ran(*RELEASING)
        more = orders(300, seed=2, first=600)
        self.second = self.candidate("day-2.csv", more, *JUDGING, "evaluation_report")
        (promotion,) = platform.forge.promotions("open")
        platform.forge.merge(promotion.number, "a person")
        self.ran("production_deployment")
        self.refused = platform.run(tiny(), "staging_release")
        self.head = platform.forge.head()
        self.ran("evaluation_report", *RELEASING)

    def ran(self, *names, folder=None):
        assert self.platform.run(folder or tiny(), *names).success

    def candidate(self, name, frame, *assets):
        self.platform.deliver(name, frame)
        self.ran(*assets)
        return self.told("registry_entry")

    def told(self, asset):
        return latest(self.platform.instance, tiny().key(asset))

    def report(self, name):
        key = self.told("evaluation_report")["report_key"]
        return self.platform.artifacts.load(KIND, "tiny", key, name).decode()

    def rows(self, version, part):
        where = [(PART, "=", part)]
        return self.platform.lake.read("tiny/training_set", version, where=where).to_pandas()


@pytest.fixture(scope="module")
def story(tmp_path_factory, empty_registry):
    home = tmp_path_factory.mktemp("champion")
    shutil.copytree(empty_registry, home / "mlflow")
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        yield Story(Platform.create(home, serve, instance))


def test_what_was_judged_against_a_champion_of_before_is_refused_with_the_way_on(story):
    (failed,) = [one for one in story.refused.all_events if one.is_step_failure]
    error = failed.step_failure_data.error
    message = (error.cause or error).message
    assert "it was judged against the champion none" in message
    assert f"production serves now is {story.first['bundle_digest']}" in message
    assert "slipway run tiny" in message


def test_the_refusal_left_git_alone_and_judging_again_lets_it_go_on(story):
    forge, path = story.platform.forge, "gitops/environments/staging/tiny.yaml"
    second = story.second["bundle_digest"]
    assert second not in forge.read(path, story.head)
    assert second in forge.read(path, forge.head())


def test_the_promotion_names_the_champion_that_it_would_replace(story):
    (promotion,) = story.platform.forge.promotions("open")
    champion = story.first["bundle_digest"]
    assert f"| replaces | {champion}" in promotion.body.replace("`", "")
    assert story.told("evaluation_report")["champion"] == champion


def test_the_report_says_what_changed_against_the_champion(story):
    found = json.loads(story.report(DOCUMENT))
    jsonschema.validate(found, json.loads((CHECKOUT / "docs/report.schema.json").read_text()))
    changed = {one["name"]: (one["before"], one["after"]) for one in found["changes"]}
    both = story.first, story.second
    assert changed["version"] == tuple(one["model_version"] for one in both)
    rows = tuple(f"{len(story.rows(one['training_set_version'], 'train')):,}" for one in both)
    assert changed["rows: train"] == rows
    assert "features" not in changed


def test_the_page_shows_the_champion_and_what_changed(story):
    page = story.report(PAGE)
    shown = page[page.index('id="changes"') :]
    assert "rows: train" in shown
    assert "champion" in page[: page.index('id="changes"')]


def test_of_a_holdout_that_stands_the_champion_learned_no_row(story):
    story.ran("training_set")
    assert story.told("training_set")["holdout_rows_champion_learned"] == 0


def test_rows_that_the_champion_learned_and_that_are_held_out_now_are_counted(story):
    story.ran("training_set", folder=tiny(split={"kind": "random", "seed": 7}))
    told = story.told("training_set")
    held = story.rows(told["delta_version"], HOLDOUT)
    learned = story.rows(story.first["training_set_version"], "train")
    both = len(pd.merge(held, learned, on="order"))
    assert 0 < both == told["holdout_rows_champion_learned"]
