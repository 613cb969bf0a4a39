"""One stack for all tests of the whole, stopped whatever happens."""

import pytest

from platform_assets.cli.committed import hindrance
from platform_assets.cli.stack.processes import marked
from platform_assets.defs.diabetes import source
from platform_assets.defs.fraud.simulator import write_deliveries
from resources.checkout import Checkout
from resources.settings import CHECKOUT
from tests.support.stack import Stack, until

DAYS = 60
MODELS = ("diabetes", "fraud")


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    # Production refuses what is in no commit, so the tests of the whole would only wait for it.
    hindered = [found for model in MODELS if (found := hindrance(Checkout(CHECKOUT), model))]
    assert not hindered, hindered[0]
    made = Stack.at(tmp_path_factory.mktemp("slipway"))
    try:
        made.slipway("up", "--detach")
        yield made
    finally:
        made.slipway("down")
        assert marked(made.layout.mark) == []


@pytest.fixture(scope="session")
def loop(stack):
    """Both models in production: delivered, judged, staged, approved, proven."""
    source.deliver(stack.settings.landing / "diabetes")
    place = stack.settings.landing / "fraud"
    place.mkdir(parents=True)
    for file in write_deliveries(stack.settings.home / "made", days=DAYS):
        file.replace(place / file.name)
    for model in MODELS:
        stack.release(model)
    return stack


@pytest.fixture
def live(loop):
    """The stack with both models served as git says, whatever a test before has done to it."""
    loop.slipway("up", "--detach")
    for model in MODELS:
        until(lambda model=model: loop.served(model) and loop.idle(model), f"{model} as git says")
    return loop
