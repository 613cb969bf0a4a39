"""`slipway demo`: the whole loop once, watched; the only things done by hand are a person's."""

import getpass
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gitops.forge import Forge
from gitops.runtime import Runtime
from platform_assets.cli import promotions, up_down
from platform_assets.cli.committed import hindrance
from platform_assets.cli.console import Progress, out
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.demo.story import (
    Approve,
    Done,
    Failed,
    Idle,
    Refused,
    Scene,
    Step,
    Watch,
    next_step,
)
from platform_assets.cli.demo.summary import summary
from platform_assets.cli.errors import DemoStopped
from platform_assets.cli.models import pipeline_job
from platform_assets.cli.overview import Overview
from platform_assets.cli.stack import control
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.watch import Watcher
from platform_assets.run_tags import MODEL_TAG, REASON_TAG
from platform_assets.wiring import build_forge, build_runtime
from resources.checkout import Checkout
from resources.settings import CHECKOUT, Settings, load_settings

MODEL = "fraud"
FILES = "transactions-*.csv"
DAYS = 60
SECONDS = 900.0
IDLE_SECONDS = 60.0
LOOK_SECONDS = 1.0


def demo(*, down: bool) -> None:
    """Run the loop from raw files to a tested endpoint; again it goes on from where it stood.

    Raises
    ------
    DemoStopped
        If code is not committed, before anything starts; if a run failed, somebody said no, or the
        time is over; the message says where it stood.
    """
    settings = load_settings()
    hindered = "" if delivered(settings) else hindrance(Checkout(CHECKOUT), MODEL)
    if hindered:
        raise DemoStopped(f"production would refuse what the demo trains: {hindered}")
    layout = Layout(settings)
    layout.prepare()
    made = layout.scratch / "deliveries"
    simulator = None if delivered(settings) else simulate(made)
    with Progress() as progress:
        up_down.start_and_wait(layout, progress)
        try:
            if simulator is not None:
                placed = place(simulator, made, settings.landing / MODEL)
                progress.say(f"{placed} files delivered into {settings.landing / MODEL}")
            Demo(settings, progress).run()
        except KeyboardInterrupt:
            progress.say("interrupted; to go on: slipway demo; to stop the stack: slipway down")
            raise
    if down:
        out(f"stopped, {control.stop(layout)} processes ended")


class Demo:
    """Looks once a second, says what is new, and does what a person would do.

    `clock` gives Unix seconds, `pause` waits for as many.
    """

    def __init__(
        self,
        settings: Settings,
        progress: Progress,
        *,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._progress = settings, progress
        self._clock, self._pause = clock, pause
        self._forge: Forge = build_forge(settings)
        self._runtime: Runtime = build_runtime(settings)
        self._api = DagsterApi(settings.dagster_url)
        self._began = clock()
        self._watcher = Watcher(progress, self._began)
        self._idle_since: float | None = None
        self._started_by_hand = False

    def run(self) -> None:
        """Until production is healthy at the newest digest; then print what is live."""
        step: Step = Idle("the first look")
        while self._clock() - self._began < SECONDS:
            scene = self._look()
            self._watcher.look(scene.runs)
            step = next_step(scene)
            if isinstance(step, Done):
                self._progress.say(f"production is healthy at {scene.wanted[7:19]}")
                self._progress.clear()
                summary(self._settings, self._forge, scene.production)
                self._tell_times()
                return
            self._act(step)
            self._pause(LOOK_SECONDS)
        raise DemoStopped(f"not done after {SECONDS:g} s; it stood at: {_where(step)}")

    def _tell_times(self) -> None:
        spent = sorted(self._watcher.times.items(), key=lambda item: -item[1])
        longest = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spent[:5])
        of_which = f", of which {longest}" if longest else ""
        out(f"this took {self._progress.seconds:.1f} s{of_which}")

    def _look(self) -> Scene:
        overview = Overview(self._forge, self._runtime, [MODEL])
        ours = {one.environment: one for one in overview.places() if one.model == MODEL}
        waiting = [
            one
            for one in self._forge.promotions()
            if (one.environment, one.model) == ("production", MODEL)
        ]
        runs = self._api.runs({MODEL_TAG: MODEL})
        return Scene(runs, ours["staging"], ours["production"], waiting)

    def _act(self, step: Step) -> None:
        if not isinstance(step, Idle | Failed):
            self._idle_since = None
        match step:
            case Approve(promotion):
                self._progress.clear()
                promotions.describe(self._forge, promotion)
                by = f"{getpass.getuser()} (demo)"
                revision = promotions.approve(self._forge, promotion.number, by)
                self._progress.say(f"promotion {promotion.number} approved: commit {revision[:12]}")
            case Failed(run) if run.created >= self._began:
                raise DemoStopped(
                    f"run {run.run_id} of {run.job} failed: {self._api.failure(run.run_id)}; "
                    f"see {self._api.run_url(run.run_id)}"
                )
            case Refused(reason):
                raise DemoStopped(reason)
            case Failed() | Idle():
                self._wait_or_start(step)
            case _:
                pass

    def _wait_or_start(self, step: Step) -> None:
        """Go on after an interruption: what should begin by itself and does not, is begun once."""
        self._progress.status(f"waiting: {_where(step)}")
        now = self._clock()
        self._idle_since = self._idle_since or now
        if now - self._idle_since < IDLE_SECONDS and not isinstance(step, Failed):
            return
        if self._started_by_hand:
            raise DemoStopped(f"nothing is at work; it stood at: {_where(step)}")
        self._started_by_hand, self._idle_since = True, None
        tags = {MODEL_TAG: MODEL, REASON_TAG: "the demo goes on where it was interrupted"}
        self._api.launch(pipeline_job(MODEL), tags)


def delivered(settings: Settings) -> bool:
    return len(list((settings.landing / MODEL).glob(FILES))) >= DAYS


def simulate(folder: Path) -> subprocess.Popen[bytes]:
    """Write the files beside the landing folder, while the stack starts."""
    command = (sys.executable, "-m", "platform_assets.defs.fraud.simulator", str(folder))
    return subprocess.Popen((*command, "--days", str(DAYS)), cwd=CHECKOUT, start_new_session=True)


def place(simulator: subprocess.Popen[bytes], made: Path, landing: Path) -> int:
    """Move the files that are missing into the landing folder, all at once; returns how many."""
    if simulator.wait() != 0:
        raise DemoStopped(f"the simulator of {MODEL} ended with {simulator.returncode}")
    landing.mkdir(parents=True, exist_ok=True)
    missing = [file for file in sorted(made.glob(FILES)) if not (landing / file.name).exists()]
    for file in missing:
        file.replace(landing / file.name)
    return len(missing)


def _where(step: Step) -> str:
    match step:
        case Watch(run) | Failed(run):
            return f"run {run.run_id} of {run.job} ({run.status.lower()})"
        case Approve(promotion):
            return f"promotion {promotion.number}"
        case Refused(reason) | Idle(reason):
            return reason
        case Done():
            return "the end"
