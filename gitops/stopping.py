"""Told to end: a signal is heard at once and heeded where nothing is half done."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from gitops.errors import Interrupted

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Whether this process was told to end; once told, always told."""

    def __init__(self) -> None:
        # What is written stays unread, so that every later look finds it. A lock would not do: a
        # signal's handler may run while the main thread holds it.
        self._heard, self._says = os.pipe()

    @property
    def told(self) -> bool:
        return self.wait(0)

    def tell(self) -> None:
        os.write(self._says, b".")

    def wait(self, seconds: float) -> bool:
        """Rest for so long, or until told; says whether told."""
        return bool(select.select([self._heard], [], [], seconds)[0])

    def pause(self, seconds: float) -> None:
        """Rest between two looks of one act; Interrupted if told, since looking changes nothing."""
        if self.wait(seconds):
            raise Interrupted("the endpoint was ready")

    def heed(self, point: str) -> None:
        """For `Reconciler.on_act`: Interrupted before an act if told, never behind one."""
        when, _, act = point.partition(":")
        if when == "before" and self.told:
            raise Interrupted(act)

    def close(self) -> None:
        os.close(self._heard)
        os.close(self._says)


@contextmanager
def told_by_signals() -> Iterator[Stop]:
    """SIGTERM and Ctrl-C tell it; a second one ends the process as if nobody had listened."""
    stop = Stop()
    before = {one: signal.getsignal(one) for one in SIGNALS}

    def restore() -> None:
        for one, handler in before.items():
            signal.signal(one, handler)

    def hear(*_: object) -> None:
        restore()
        stop.tell()

    for one in SIGNALS:
        signal.signal(one, hear)
    try:
        yield stop
    finally:
        restore()
        stop.close()
