"""The graph of a small model, run for real; only Ray Serve is a stand-in."""

import pytest

from platform_assets.lineage import latest
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny


@pytest.fixture
def platform(tmp_path):
    with FakeServe() as serve:
        yield Platform.create(tmp_path, serve)


def failures(result):
    """The innermost error of each failed step."""
    found = {}
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error.cause:
                error = error.cause
            found[event.step_key] = error.message
    return found


def test_a_delivery_becomes_an_open_promotion(platform):
    platform.deliver("day-1.csv", orders(600, seed=1))
    result = platform.run(tiny())
    assert failures(result) == {}
    (promotion,) = platform.forge.promotions("open")
    entry = latest(platform.instance, tiny().key("registry_entry"))
    assert promotion.bundle_digest == entry["bundle_digest"]
