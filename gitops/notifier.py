"""Telling people through apprise: chat, mail, pagers and webhooks, by address alone."""

import logging
from collections.abc import Sequence
from pathlib import Path

from gitops.errors import NotifierUnknown
from gitops.notify import JsonLines, Notice, Notifier, Tell

NOTICES = "notices.jsonl"
_LOG = logging.getLogger(__name__)


class Apprise:
    """`gitops.notify.Notifier` on apprise; NotifierUnknown if it does not know an address.

    Addresses hold secrets, so none is ever logged or named.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        import apprise

        self._types = apprise.NotifyType
        self._apprise = apprise.Apprise()
        for number, address in enumerate(addresses, start=1):
            if not self._apprise.add(address):
                raise NotifierUnknown(number)

    def notify(self, notice: Notice) -> Sequence[str]:
        kind = self._types.WARNING if notice.urgent else self._types.INFO
        if self._apprise.notify(body=notice.text, title=notice.title, notify_type=kind):
            return []
        return ["not every address took the notice"]


def build_tell(home: Path, addresses: str) -> Tell:
    """Tell the file in the state folder, and the addresses, with spaces between them.

    What did not arrive is logged, and returned to whoever tells.
    """
    places: list[Notifier] = [JsonLines(home / NOTICES)]
    places += [Apprise(addresses.split())] if addresses else []

    def tell(notice: Notice) -> Sequence[str]:
        failures = [failure for place in places for failure in place.notify(notice)]
        for failure in failures:
            _LOG.warning("%s: %s", notice.title, failure)
        return failures

    return tell
