"""Following runs: each step that ends is said once, with the seconds it took."""

from collections.abc import Iterable

from platform_assets.cli.console import Progress
from platform_assets.cli.dagster_api import Run, Step
from platform_assets.run_tags import REASON_TAG


class Watcher:
    """Says what is new since the last look, and keeps how long each step took."""

    def __init__(self, progress: Progress, since: float) -> None:
        self._progress, self._since = progress, since
        self._runs: dict[str, str] = {}
        self._steps: set[tuple[str, str]] = set()
        self.times: dict[str, float] = {}

    def look(self, runs: Iterable[Run]) -> None:
        """Report runs that were created, or were unfinished, since the watcher began."""
        for run in reversed(list(runs)):
            if run.created >= self._since or run.unfinished or run.run_id in self._runs:
                self._run(run)

    def _run(self, run: Run) -> None:
        if self._runs.get(run.run_id) is None:
            why = run.tags.get(REASON_TAG, "")
            self._progress.say(f"run {run.run_id[:8]} {run.job}{f': {why}' if why else ''}")
        for step in run.steps:
            self._step(run, step)
        if run.status != self._runs.get(run.run_id) and not run.unfinished:
            self._progress.say(f"run {run.run_id[:8]} ended: {_ending(run)}")
        self._runs[run.run_id] = run.status
        if run.unfinished:
            self._progress.status(f"{run.job}: {_at_work(run)}")

    def _step(self, run: Run, step: Step) -> None:
        key = (run.run_id, step.name)
        if step.ended is None or step.started is None or key in self._steps:
            return
        self._steps.add(key)
        name = step.name.partition("__")[2] or step.name
        self.times[name] = step.ended - step.started
        ended = "" if step.status == "SUCCESS" else f"  {step.status.lower()}"
        self._progress.say(f"  {name:<24} {self.times[name]:6.1f} s{ended}")


def _at_work(run: Run) -> str:
    names = [step.name.partition("__")[2] for step in run.steps if step.ended is None]
    return ", ".join(names) or run.status.lower()


def _ending(run: Run) -> str:
    took = f" after {run.ended - run.started:.1f} s" if run.ended and run.started else ""
    again = ", its process died and it is started again" if run.will_be_retried else ""
    return f"{run.status.lower()}{took}{again}"
