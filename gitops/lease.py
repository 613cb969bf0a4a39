"""Who may act: one holder at a time, under a number that grows with each change of hands."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from gitops.errors import ForgeError, LeaseLost, LeaseTaken

Clock = Callable[[], datetime]
SECONDS = 60.0
# Clocks of two machines are taken to differ by less than this.
SKEW = 10.0


@dataclass(frozen=True)
class Lease:
    """The right to act until `expires` (ISO 8601, UTC), by the clock of who took it.

    `number` grows by one each time the lease changes hands and never falls; `renewals` counts
    since then. An empty `holder` gave it back.
    """

    holder: str
    number: int
    expires: str
    renewals: int = 0

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Lease":
        return cls(**json.loads(text))

    def free(self, holder: str, now: datetime) -> bool:
        """May `holder` take it at `now`? Its own it may: nobody else bears its name."""
        over = datetime.fromisoformat(self.expires) + timedelta(seconds=SKEW)
        return self.holder in ("", holder) or now > over

    def taken(self, holder: str, now: datetime, seconds: float) -> "Lease":
        """What it becomes in new hands."""
        return Lease(holder, self.number + 1, _after(now, seconds))

    def renewed(self, now: datetime, seconds: float) -> "Lease":
        """What it becomes in the same hands; never equal to what it was."""
        return replace(self, expires=_after(now, seconds), renewals=self.renewals + 1)

    def released(self) -> "Lease":
        return replace(self, holder="", renewals=self.renewals + 1)


UNHELD = Lease("", 0, datetime.fromtimestamp(0, UTC).isoformat())


@dataclass(frozen=True)
class Renewal:
    """The lease as its holder knows it, and what it becomes by the next write."""

    held: Lease
    renewed: Lease


class Leases(Protocol):
    """What the lease needs of the port `gitops.forge.Records`."""

    def read_lease(self) -> Lease | None: ...

    def write_lease(self, lease: Lease, expected: Lease | None) -> None: ...


class Tenure:
    """A lease that was taken, renewed by each use and between uses; safe among threads."""

    def __init__(self, leases: Leases, lease: Lease, clock: Clock, seconds: float) -> None:
        self._leases, self._lease = leases, lease
        self._clock, self._seconds = clock, seconds
        self._turn = threading.Lock()

    @property
    def number(self) -> int:
        return self._lease.number

    def prove(self) -> None:
        """Renew it now; LeaseLost if another has taken it."""
        with self.renewal() as renewal:
            self._leases.write_lease(renewal.renewed, renewal.held)

    @contextmanager
    def renewal(self) -> Iterator[Renewal]:
        """A renewal to write together with something else; it counts if the block succeeds."""
        with self._turn:
            renewed = self._lease.renewed(self._clock(), self._seconds)
            yield Renewal(self._lease, renewed)
            self._lease = renewed

    def release(self) -> None:
        """Give it back; LeaseLost if it was taken meanwhile."""
        with self._turn:
            self._leases.write_lease(self._lease.released(), self._lease)


@contextmanager
def tenure(leases: Leases, holder: str, clock: Clock, seconds: float = SECONDS) -> Iterator[Tenure]:
    """Take the lease, keep it alive for as long as the block lasts, and give it back.

    `holder` is a name that no other living process bears. An exception leaves the lease to
    expire, or to be taken again under the same name.

    Raises
    ------
    LeaseTaken
        Another holds it, or was quicker.
    """
    taken = _take(leases, holder, clock, seconds)
    own = Tenure(leases, taken, clock, seconds)
    with _kept_alive(own, seconds / 3):
        yield own
    own.release()


def _take(leases: Leases, holder: str, clock: Clock, seconds: float) -> Lease:
    present = leases.read_lease()
    if present is not None and not present.free(holder, clock()):
        raise LeaseTaken(present.holder, present.number, present.expires)
    wanted = (present or UNHELD).taken(holder, clock(), seconds)
    try:
        leases.write_lease(wanted, present)
    except LeaseLost:
        winner = leases.read_lease() or wanted
        raise LeaseTaken(winner.holder, winner.number, winner.expires) from None
    return wanted


@contextmanager
def _kept_alive(own: Tenure, pause: float) -> Iterator[None]:
    over = threading.Event()

    def renew() -> None:
        while not over.wait(pause):
            try:
                own.prove()
            except LeaseLost:
                return
            except ForgeError:
                continue

    beat = threading.Thread(target=renew, name="lease", daemon=True)
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()


def _after(now: datetime, seconds: float) -> str:
    return (now + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
