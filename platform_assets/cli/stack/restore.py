"""Serve again what git declares, after Ray has started: without load tests, and without Dagster."""

import logging
import sys

from gitops.conditions import Reason, kind
from gitops.errors import GitopsError
from gitops.reconcile import Reconciler
from platform_assets.wiring import build_reconciler
from resources.settings import load_settings

SECONDS = 60.0
log = logging.getLogger("slipway.restore")


def main() -> int:
    """Exit code 1 if Serve or the repository could not be asked, so that it is tried again."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = load_settings().model_copy(update={"health_timeout": SECONDS})
    try:
        return 0 if restore(build_reconciler(settings, verifier=None)) else 1
    except GitopsError as error:
        log.error("%s", error)  # noqa: TRY400  the sentence says it all
        return 1


def restore(reconciler: Reconciler) -> bool:
    """One pass for everything git names; False if the running system could not be asked.

    What is served but not healthy is no failure here: the reconciler says so and goes on later.
    """
    asked = True
    for environment, model in reconciler.targets():
        outcome = reconciler.reconcile(environment, model).outcome
        log.info("%s/%s: %s: %s", environment, model, kind(outcome), outcome.message)
        asked &= outcome.reason not in (Reason.RUNTIME_UNAVAILABLE, Reason.REPOSITORY_UNAVAILABLE)
    return asked


if __name__ == "__main__":
    sys.exit(main())
