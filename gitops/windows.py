"""When an environment is frozen: weekly hours, and stretches of time with a reason."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHAINED, MIDNIGHT = 1000, 24

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Frozen:
    """Nothing new goes live before `until` (UTC), for this reason."""

    until: datetime
    reason: str


class _Window(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    reason: str = Field(
        pattern=r"^\S(.{0,198}\S)?$", description="Why, in one line; refusals repeat it."
    )


class Weekly(_Window):
    """The same hours on certain days of every week, as clocks on a wall show them."""

    weekdays: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        min_length=1, description="On which days the window begins."
    )
    start: str = Field(default="00:00", alias="from", description="HH:MM, in quotes.")
    end: str = Field(
        default="24:00", alias="to", description="HH:MM; not after `from`: on the next day."
    )
    timezone: str = Field(default="UTC", description="An IANA name, e.g. Europe/Berlin.")

    @field_validator("start", "end", mode="before")
    @classmethod
    def _clock(cls, text: Any) -> Any:
        # YAML 1.1 reads an unquoted 22:00 as the number 1320.
        if not isinstance(text, str) or not _CLOCK.fullmatch(text):
            raise ValueError("expected HH:MM in quotes, from '00:00' to '24:00'")
        return text

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("expected an IANA time zone, e.g. Europe/Berlin or UTC")
        return name

    def ends(self, moment: datetime) -> datetime | None:
        """When the window that `moment` is in ends; None outside."""
        today = moment.astimezone(ZoneInfo(self.timezone)).date()
        for day in (today - _DAY, today):
            start, end = self._bounds(day)
            if WEEKDAYS[day.weekday()] in self.weekdays and start <= moment < end:
                return end
        return None

    def _bounds(self, day: date) -> tuple[datetime, datetime]:
        overnight = self.end <= self.start
        return self._at(day, self.start), self._at(day + _DAY if overnight else day, self.end)

    def _at(self, day: date, clock: str) -> datetime:
        hour, minute = map(int, clock.split(":"))
        midnight = hour == MIDNIGHT
        wall = time(0 if midnight else hour, minute)
        zone = ZoneInfo(self.timezone)
        return datetime.combine(day + _DAY if midnight else day, wall, zone).astimezone(UTC)


class Period(_Window):
    """One stretch of time."""

    start: AwareDatetime = Field(
        alias="from", strict=False, description="A moment with its zone, e.g. 2026-12-20T00:00:00Z."
    )
    end: AwareDatetime = Field(alias="until", strict=False, description="The first moment after.")

    @model_validator(mode="after")
    def _forwards(self) -> "Period":
        if self.end <= self.start:
            raise ValueError("`until` is not after `from`, so it would never hold")
        return self

    def ends(self, moment: datetime) -> datetime | None:
        """When it ends if `moment` is in it; None outside."""
        return self.end.astimezone(UTC) if self.start <= moment < self.end else None


def _form(value: Any) -> str:
    weekly = isinstance(value, Weekly) or (isinstance(value, dict) and "weekdays" in value)
    return "weekly" if weekly else "period"


Window = Annotated[
    Annotated[Weekly, Tag("weekly")] | Annotated[Period, Tag("period")], Discriminator(_form)
]


def frozen(windows: Iterable[Weekly | Period], moment: datetime) -> Frozen | None:
    """The freeze at a moment; windows that follow each other without a gap are one.

    `moment` has a zone. The reason is that of the window which `moment` is in.
    """
    chosen = tuple(windows)
    first = next((one for one in chosen if one.ends(moment)), None)
    if first is None:
        return None
    until = moment
    for _ in range(CHAINED):
        ends = [end for one in chosen if (end := one.ends(until))]
        if not ends:
            break
        until = max(ends)
    return Frozen(until, first.reason)
