"""The page in a real browser: it asks nobody for anything, and nothing sticks out."""

import pytest

from platform_assets.ml.report import render_report
from tests.ml.report_facts import MAIN, facts
from tests.support.browser import browser_page, chromium

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(chromium() is None, reason="needs Chromium: apt-get install chromium"),
]


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("task", MAIN)
def test_a_page_asks_for_nothing_says_nothing_to_the_console_and_fits(task, width, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(render_report(facts(task)))
    asked, said = [], []
    with browser_page({"width": width, "height": 900}) as browser:
        browser.on("request", lambda request: asked.append(request.url))
        browser.on("console", lambda message: said.append(message.text))
        browser.on("pageerror", lambda error: said.append(str(error)))
        browser.goto(page.as_uri())
        browser.wait_for_load_state("networkidle")
        wide = browser.evaluate("document.documentElement.scrollWidth")
        drawn = browser.evaluate("[...document.images].every(one => one.naturalWidth > 0)")
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    assert (said, drawn) == ([], True)
    assert wide <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_light_or_dark_as_the_reader_likes_it(scheme, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(render_report(facts()))
    with browser_page({"width": 1280, "height": 900}) as browser:
        browser.emulate_media(color_scheme=scheme)
        browser.goto(page.as_uri())
        colour = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, colour.removeprefix("rgb(").rstrip(")").split(", "))) / 3
    assert brightness > 200 if scheme == "light" else brightness < 50
