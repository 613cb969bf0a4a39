"""What every monitor is shown: one version in one window, and what it is measured by."""

from collections.abc import Sequence
from dataclasses import dataclass

from platform_assets.folder import ModelFolder
from platform_assets.spec import Monitoring
from platform_assets.watch.observations import Observation, Outcome, enough_rows
from platform_assets.watch.served import Served
from platform_assets.watch.traffic import Traffic


@dataclass(frozen=True)
class Look:
    """`earlier` is what was observed of the same version in the same environment before."""

    folder: ModelFolder
    traffic: Traffic
    served: Served
    earlier: Sequence[Observation] = ()

    @property
    def settings(self) -> Monitoring:
        return self.folder.spec.monitoring

    def judged(
        self,
        monitor: str,
        subject: str,
        rows: int,
        value: float | None,
        threshold: float | None,
        *,
        beyond: bool | None = None,
        interval: tuple[float, float] | None = None,
    ) -> Observation:
        """An observation of this window; beyond if `value` is above `threshold`, unless it is said.

        With fewer rows than the settings ask for, or without a value, it is `too_few`.
        """
        if value is None or not enough_rows(monitor, rows, self.settings.minimum_rows):
            outcome = Outcome.TOO_FEW
        else:
            above = threshold is not None and value > threshold if beyond is None else beyond
            outcome = Outcome.BEYOND if above else Outcome.OK
        low, high = interval or (None, None)
        return Observation(
            environment=self.traffic.environment,
            digest=self.traffic.digest,
            version=self.traffic.version,
            monitor=monitor,
            subject=subject,
            start=self.traffic.window.start,
            end=self.traffic.window.end,
            rows=rows,
            value=value,
            low=low,
            high=high,
            threshold=threshold,
            outcome=outcome,
        )
