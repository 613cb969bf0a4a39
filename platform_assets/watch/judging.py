"""All monitors, asked about every window that is due and every one whose labels have come."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from platform_assets.folder import ModelFolder
from platform_assets.watch.look import Look
from platform_assets.watch.monitors import labels
from platform_assets.watch.monitors.aging import staleness
from platform_assets.watch.monitors.distributions import drift_of_scores, input_drift
from platform_assets.watch.monitors.health import numerical_health
from platform_assets.watch.monitors.invariants import invariants
from platform_assets.watch.monitors.service import ERRORS, errors, latency
from platform_assets.watch.observations import Observation, observed, record
from platform_assets.watch.served import Served, served
from platform_assets.watch.traffic import Traffic, traffic, windows_due
from platform_assets.watch.windows import Window
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Registry

AT_ONCE: tuple[Callable[[Look], list[Observation]], ...] = (
    input_drift,
    drift_of_scores,
    invariants,
    numerical_health,
    latency,
    errors,
    labels.proxy,
)
Asked = tuple[str, str, Window]


@dataclass
class Judge:
    """Asks the monitors of one model; what a version promised is looked up once."""

    folder: ModelFolder
    lake: Lake
    artifacts: Artifacts
    registry: Registry
    known: dict[str, Served | None] = field(default_factory=dict)
    joined: list[str] = field(default_factory=list)

    def run(self, now: datetime, waiting: datetime | None = None) -> list[Observation]:
        """Judge what is due, and write it down window by window; returns what is new.

        `waiting` is since when rows of the log wait to land, None if none do.
        """
        # A run that comes late still finds the windows that wait for labels no longer.
        horizon = now - 2 * (self.patience + self.length)
        earlier = observed(self.lake, self.folder.name, horizon)
        new: list[Observation] = []
        for found in self._found(earlier, horizon, now, waiting):
            record(self.lake, self.folder.name, found)
            new += found
        return new

    @property
    def patience(self) -> timedelta:
        """How long labels are waited for."""
        return timedelta(days=self.folder.spec.monitoring.label_days)

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.folder.spec.monitoring.window_minutes)

    def _found(
        self,
        earlier: Sequence[Observation],
        horizon: datetime,
        now: datetime,
        waiting: datetime | None,
    ) -> Iterator[list[Observation]]:
        known = list(earlier)
        after = max((one.end for one in known), default=horizon)
        lake, model = self.lake, self.folder.name
        for window in windows_due(lake, model, after, now, self.length, waiting):
            found = [
                one
                for look in self._looks(window, known)
                for one in [*_at_once(look), *staleness(look, self.lake)]
            ]
            known += found
            yield found
        yield from self._late(unlabelled(known), known, now, waiting)

    def _late(
        self,
        pending: set[Asked],
        known: Sequence[Observation],
        now: datetime,
        waiting: datetime | None,
    ) -> Iterator[list[Observation]]:
        """What labels say, of windows of which they had said nothing yet."""
        settings = self.folder.spec.monitoring.labels
        if self.folder.spec.id is None and settings is None:
            return
        wait = timedelta(minutes=settings.tolerance_minutes if settings else 0)
        landed = now if waiting is None else min(now, waiting)
        for window in sorted({one for *_, one in pending}):
            for look in self._looks(window, known):
                if (look.traffic.environment, look.traffic.digest, window) in pending:
                    over = now >= window.end + self.patience
                    settled = settings is None or landed >= window.end + wait
                    yield self._labelled(look, over=over, settled=settled)

    def _labelled(self, look: Look, *, over: bool, settled: bool) -> list[Observation]:
        if not over and not settled:
            return []
        named, truth = self._truth(look)
        if not over and not labels.complete(look, truth.found):
            return []
        if look.settings.labels is not None:
            asked = look.traffic
            where = f"{asked.environment}, version {asked.version}, {asked.window.start:%F %R}"
            self.joined.append(f"{where}: {truth.sentence()}")
        wide = self._with_those_before(look)
        told = truth if wide is look else self._truth(wide)[1]
        return [*labels.skew(look, named), *labels.quality(wide, told.found)]

    def _truth(self, look: Look) -> tuple[labels.Delivered, labels.Truth]:
        named = labels.delivered(self.lake, self.folder, look.traffic)
        return named, labels.truth(self.lake, self.folder, look.traffic, named)

    def _with_those_before(self, look: Look) -> Look:
        """The look with what the same version was asked in the windows before, as settings say."""
        before = (look.settings.quality_windows - 1) * self.length
        if not before:
            return look
        now = look.traffic
        rows = traffic(
            self.lake, self.folder.name, Window(now.window.start - before, now.window.end)
        )
        asked = (now.environment, now.digest)
        (same,) = [one for one in rows if (one.environment, one.digest) == asked]
        return replace(look, traffic=replace(same, window=now.window))

    def _looks(self, window: Window, known: Sequence[Observation]) -> Iterator[Look]:
        """One for each version that was asked in a window; versions whose bundle is gone cannot."""
        for one in traffic(self.lake, self.folder.name, window):
            promised = self._served(one.digest)
            if promised is not None:
                yield Look(self.folder, one, promised, _of(known, one))

    def _served(self, digest: str) -> Served | None:
        if digest not in self.known:
            self.known[digest] = served(self.folder, self.artifacts, self.registry, digest)
        return self.known[digest]


def unlabelled(known: Sequence[Observation]) -> set[Asked]:
    """The windows that were judged, but not by their labels."""
    asked = {_asked(one) for one in known if one.monitor == ERRORS}
    return asked - {_asked(one) for one in known if one.monitor == labels.QUALITY}


def _at_once(look: Look) -> list[Observation]:
    return [one for monitor in AT_ONCE for one in monitor(look)]


def _of(known: Sequence[Observation], traffic: Traffic) -> list[Observation]:
    asked = (traffic.environment, traffic.digest)
    return [one for one in known if (one.environment, one.digest) == asked]


def _asked(one: Observation) -> Asked:
    return one.environment, one.digest, Window(one.start, one.end)
