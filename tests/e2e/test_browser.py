"""What a person sees: Dagster's and MLflow's pages in Debian's Chromium."""

import os
import re

import dagster as dg
import pytest

from platform_assets.component import assets_of
from tests.support.browser import DETAILED, browser_page, chromium, open_group
from tests.support.tiny import tiny

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        chromium() is None and "CI" not in os.environ, reason="no Chromium is installed"
    ),
]
MODELS = ("diabetes", "fraud")
ASSETS = [
    spec.key.path[-1]
    for one in assets_of(tiny())
    for spec in (one.specs if isinstance(one, dg.AssetsDefinition) else [one])
]
RUN_SECONDS = 240


@pytest.fixture
def page(live):
    with browser_page(DETAILED) as opened:
        yield opened


@pytest.mark.parametrize("model", MODELS)
def test_the_lineage_from_landing_to_production_is_drawn_whole(live, page, model):
    nodes = open_group(page, live.settings.dagster_url, model)
    for name in ASSETS:
        node = nodes.filter(has=page.get_by_text(name, exact=True))
        node.wait_for(state="visible")
        assert node.count() == 1
    assert nodes.count() == len(ASSETS)


def test_both_models_stand_in_the_lineage_of_everything(live, page):
    page.goto(f"{live.settings.dagster_url}/asset-groups")
    page.get_by_role("button", name=re.compile(r"Materialize all")).wait_for()
    for model in MODELS:
        page.locator("svg foreignObject").get_by_text(model, exact=True).wait_for()


def test_a_materialization_started_with_a_click_succeeds(live, page):
    page.goto(f"{live.settings.dagster_url}/assets/diabetes/raw")
    page.get_by_role("button").filter(has_text=re.compile("^Materialize$")).click()
    launched = page.get_by_text(re.compile(r"^Launched run"))
    launched.wait_for()
    short = re.findall(r"[0-9a-f]{8}", launched.inner_text())[0]
    page.goto(f"{live.settings.dagster_url}/runs")
    page.get_by_role("link", name=short).click()
    page.wait_for_url(f"**/runs/{short}-*")
    page.get_by_text("Success", exact=True).wait_for(timeout=RUN_SECONDS * 1000)


@pytest.mark.parametrize("model", MODELS)
def test_the_report_opens_from_the_asset_and_says_its_verdict(live, page, model):
    page.goto(f"{live.settings.dagster_url}/assets/{model}/evaluation_report")
    link = page.get_by_role("link", name=re.compile(r"report\.html$")).first
    link.wait_for()
    page.goto(link.get_attribute("href"))
    page.frame_locator("iframe").get_by_text(re.compile("^Fit for release")).first.wait_for()


@pytest.mark.parametrize("width", [375, 1280])
def test_the_board_shows_both_models_healthy_and_asks_every_source(live, width):
    with browser_page({"width": width, "height": 800}) as page:
        page.goto(live.settings.board_url)
        for model in MODELS:
            page.locator(f"#{model} article.good").nth(1).wait_for()
        page.locator(".sources .good").nth(3).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_board_leads_to_dagster_and_mlflow(live, page):
    page.goto(live.settings.board_url)
    card = page.locator("#fraud article").nth(1)
    card.wait_for()
    version, deployment = (card.get_by_role("link").nth(number) for number in (0, 1))
    assert version.get_attribute("href").startswith(f"{live.settings.mlflow_url}/#/models/fraud/")
    page.goto(deployment.get_attribute("href"))
    page.get_by_text("production_deployment").first.wait_for()


def test_mlflow_lists_an_experiment_for_each_model(live, page):
    page.goto(f"{live.settings.mlflow_url}/#/experiments")
    for model in MODELS:
        page.get_by_role("link", name=model, exact=True).wait_for()
