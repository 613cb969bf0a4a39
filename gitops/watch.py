"""The reconciler on its own: it looks at each target when that is due, until it is told to end."""

import time
from collections import Counter
from collections.abc import Callable

from gitops.conditions import Outcome
from gitops.errors import GitopsError
from gitops.facts import Target
from gitops.pace import DEFAULT_PACE, Pace
from gitops.pacing import doubled
from gitops.reconcile import Reconciler, Report
from gitops.stopping import Stop

EVERYTHING: Target = ("", "")


class Watch:
    """Level-triggered: each look begins with git's head and forgets what was before.

    What is settled or blocked is looked at again after the interval of its environment; what is not
    settled yet, and what failed, sooner and then less and less often. `heard` gets the report of
    each pass that did or found something else than the one before, `failed` what could not be
    looked at at all.
    """

    def __init__(
        self,
        reconciler: Reconciler,
        stop: Stop,
        heard: Callable[[Report], None],
        failed: Callable[[GitopsError], None],
        *,
        wanted: Callable[[Target], bool] = lambda _: True,
        pace: Pace = DEFAULT_PACE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reconciler, self._stop, self._wanted = reconciler, stop, wanted
        self._heard, self._failed, self._pace, self._clock = heard, failed, pace, clock
        self._due: dict[Target, float] = {}
        self._ends: dict[Target, Outcome] = {}
        self._failures: Counter[Target] = Counter()

    def run(self) -> None:
        """Look until told to end; returns between two acts."""
        while not self._stop.told:
            self._stop.wait(self.round())

    def round(self) -> float:
        """Look at what is due; seconds until something is again."""
        try:
            found = [one for one in self._reconciler.targets() if self._wanted(one)]
        except GitopsError as error:
            return self._back_off(EVERYTHING, error)
        self._failures.pop(EVERYTHING, None)
        self._due = {target: self._due.get(target, self._clock()) for target in found}
        for target in found:
            if not self._stop.told and self._clock() >= self._due[target]:
                rest = self._pass(target)
                self._due[target] = self._clock() + rest
        now = self._clock()
        return max(0.0, min([now + self._pace.interval, *self._due.values()]) - now)

    def _pass(self, target: Target) -> float:
        try:
            report = self._reconciler.reconcile(*target)
        except GitopsError as error:
            return self._back_off(target, error)
        self._failures.pop(target, None)
        if report.acts or self._ends.get(target) != report.outcome:
            self._heard(report)
        self._ends[target] = report.outcome
        return report.next_look

    def _back_off(self, target: Target, error: GitopsError) -> float:
        self._failed(error)
        self._failures[target] += 1
        return doubled(self._pace, self._failures[target])
