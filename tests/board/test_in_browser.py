"""The board in a real Chromium: it fits a phone, is kept up, and asks nobody else for anything."""

import pytest

from gitops.holds import hold
from tests.support.browser import browser_page, chromium
from tests.support.door import listening
from tests.support.releases import digest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(chromium() is None, reason="needs Chromium: apt-get install chromium"),
]
PHONE, DESK = 375, 1280


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_fits_asks_only_its_own_server_and_says_nothing_to_the_console(busy, width):
    asked, said = [], []
    size = {"width": width, "height": 800}
    with busy.app() as app, listening(app) as address, browser_page(size) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        page.get_by_role("heading", name="One step waits for a person.").wait_for()
        wide = page.evaluate("document.documentElement.scrollWidth")
        pictures = page.get_by_role("img").count()
    assert {url.partition(address)[1] for url in asked} == {address}
    assert (said, pictures) == ([], 4)
    assert wide <= width


def test_an_open_page_shows_what_changes_and_says_when_it_is_lost(changing):
    with browser_page({"width": DESK, "height": 800}) as page:
        with changing.app() as app, listening(app) as address:
            page.goto(address)
            page.get_by_role("heading", name="fraud").wait_for()
            hold(changing.at.forge, "production", "fraud", digest("c"), "too slow", by="ann")
            page.get_by_role("link", name="c" * 12).wait_for()
        page.get_by_text("This page is no longer kept up").wait_for()


def test_a_figure_leads_to_what_git_says(busy):
    size = {"width": PHONE, "height": 800}
    with busy.app() as app, listening(app) as address, browser_page(size) as page:
        page.goto(address)
        page.get_by_role("link", name="(promotion 1)").click()
        page.get_by_text("kind: RayService").wait_for()
        page.get_by_role("link", name="Slipway").click()
        page.get_by_role("heading", name="fraud").wait_for()
