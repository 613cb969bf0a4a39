"""Whether production will take what this checkout trains, told before anything is trained."""

from platform_assets.release.provenance import uncommitted
from resources.checkout import Checkout


def hindrance(checkout: Checkout, model: str) -> str:
    """What production will refuse the model's code for; empty if nothing."""
    code = checkout.code(model)
    return uncommitted(model, code.commit, code, checkout.root)
