"""Debian's Chromium on the pages of a running stack.

The picture in the README is taken from a stack whose model `fraud` is in production:

    .venv/bin/python -m tests.support.browser docs/lineage.png
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from resources.settings import load_settings

NAMES = ("chromium", "chromium-browser")
SECONDS = 90.0
MARGIN = 12
# Below about two thirds of its full size Dagster draws a node as a box with a shortened name.
DETAILED = {"width": 3400, "height": 900}
UPRIGHT = {"width": 900, "height": 2400}


def chromium() -> str | None:
    """Where Chromium is installed, if it is."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser_page(size: dict[str, int], scale: float = 1) -> Iterator[Page]:
    """A page of `size` in CSS pixels; `scale` is device pixels for each of them."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(viewport=size, device_scale_factor=scale)
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        # Dagster greets each new browser with a dialogue over everything else.
        page.add_locator_handler(
            page.get_by_text("Join the Dagster community"),
            lambda: page.get_by_role("button", name="Skip").click(),
        )
        yield page
        browser.close()


def open_group(page: Page, dagster: str, model: str) -> Locator:
    """Open the lineage of a model's assets; returns the nodes of the graph."""
    page.goto(f"{dagster}/locations/slipway/asset-groups/{model}/lineage")
    nodes = page.locator("svg foreignObject")
    nodes.first.wait_for()
    return nodes


def take_lineage(dagster: str, model: str, target: Path) -> None:
    """Write a PNG of the model's lineage, from top to bottom."""
    with browser_page(UPRIGHT, scale=1.5) as page:
        open_group(page, dagster, model)
        page.locator("button:has([aria-label=settings])").last.click()
        page.get_by_text("Change graph to vertical orientation").click()
        nodes = open_group(page, dagster, model)
        nodes.filter(has_text="deployment").last.wait_for()
        page.wait_for_load_state("networkidle")
        boxes = [box for node in nodes.all() if (box := node.bounding_box())]
        page.screenshot(path=target, clip=around(boxes))


def around(boxes: list[dict[str, float]]) -> dict[str, float]:
    """The smallest rectangle around all boxes, with a margin."""
    left, top = (min(box[side] for box in boxes) - MARGIN for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes) + MARGIN
    bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


if __name__ == "__main__":
    take_lineage(load_settings().dagster_url, "fraud", Path(sys.argv[1]))
