"""Telling people through apprise: chat, mail, pagers and webhooks, by address alone."""

import logging
from collections.abc import Sequence
from pathlib import Path

from gitops.errors import NotifierUnknown
from gitops.notify import JsonLines, Notice, Tell

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

    def notify(self, notice: Notice) -> None:
        kind = self._types.WARNING if notice.urgent else self._types.INFO
        if not self._apprise.notify(body=notice.text, title=notice.title, notify_type=kind):
            _LOG.warning("%s: not every address took the notice", notice.title)


def build_tell(home: Path, addresses: str) -> Tell:
    """Tell the file in the state folder, and the addresses, with spaces between them."""
    file = JsonLines(home / NOTICES)
    others = Apprise(addresses.split()) if addresses else None

    def tell(notice: Notice) -> None:
        try:
            file.notify(notice)
        except OSError as error:
            _LOG.warning("%s: the notice is in no file: %s", notice.title, error)
        if others:
            others.notify(notice)

    return tell
