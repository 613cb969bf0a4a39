"""`slipway up` and `slipway down`."""

import time

from gitops.errors import ForgeUnavailable
from platform_assets.cli.console import Progress, out
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.errors import DagsterError
from platform_assets.cli.stack import control
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.state import Phase, StackState
from platform_assets.wiring import begin_gitops
from resources.object_store import prove_lake
from resources.settings import Settings, load_aws_settings, load_settings

WATCH_SECONDS = 1.0


def up(*, detach: bool) -> None:
    """Start what is missing and wait until all is up; without `detach` stay until Ctrl-C."""
    layout = Layout(load_settings())
    ran = control.running(layout) is not None
    with Progress() as progress:
        start_and_wait(layout, progress)
    addresses(layout.settings)
    if detach or ran:
        return
    out("Ctrl-C stops everything.")
    try:
        while control.running(layout) is not None:
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        down()


def start_and_wait(layout: Layout, progress: Progress) -> None:
    """Start what is missing and show the way until all is up; Ctrl-C meanwhile stops it again.

    Raises
    ------
    ObjectStoreRefused
        If the lake's server could lose rows, or cannot be reached. Nothing was started.
    ForgeError
        If the GitOps repository is none, or not for us. Nothing was started.
    StackError
        If a service does not come up; the others stay as they are.
    DagsterError
        If everything runs but the code of the models does not load.
    """
    prove_lake(layout.settings.lake, load_aws_settings())
    progress.say(reach_gitops(layout.settings))
    control.start(layout)
    try:
        control.wait_until_up(layout, _Reporter(progress))
    except KeyboardInterrupt:
        progress.say("stopping")
        control.stop(layout)
        raise
    require_code(layout.settings)


def reach_gitops(settings: Settings) -> str:
    """Which repository says what is live; a host that does not answer now is asked again later."""
    place = settings.gitops_repo or settings.gitops_path
    try:
        head = begin_gitops(settings).head()
    except ForgeUnavailable as error:
        return f"git: {error}; what it declares is served once it answers"
    return f"git: {place} at {head[:12]}"


def require_code(settings: Settings) -> None:
    errors = DagsterApi(settings.dagster_url).location_errors()
    if errors:
        said = "; ".join(message.strip() for message in errors.values())
        raise DagsterError(f"the stack is up, but the models' code does not load: {said}")


def down() -> None:
    """End every process of the stack."""
    layout = Layout(load_settings())
    ended = control.stop(layout)
    out(f"stopped, {ended} processes ended" if ended else "nothing was running")


def addresses(settings: Settings) -> None:
    out(f"Dagster    {settings.dagster_url}")
    out(f"MLflow     {settings.mlflow_url}")
    out(f"endpoints  {settings.serve_url}")
    out(f"board      {settings.board_url}")


class _Reporter:
    """Says each service's change of phase once; of a stack that is up already, only that."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._seen: dict[str, tuple[Phase, int]] = {}

    def __call__(self, state: StackState) -> None:
        if state.settled and not self._seen:
            self._progress.say("the stack is up")
            return
        for name, service in state.services.items():
            now = (service.phase, service.starts)
            if self._seen.get(name) != now and service.phase is not Phase.WAITING:
                message = f" ({service.message})" if service.message else ""
                self._progress.say(f"{name}: {service.phase}{message}")
            self._seen[name] = now
        waiting = [name for name, one in state.services.items() if not one.settled]
        self._progress.status(
            f"waiting for {', '.join(waiting)}" if waiting else "everything is up"
        )
