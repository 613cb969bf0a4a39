"""A caller who asks an endpoint all the time, and remembers who answered when.

Its requests have ids of Slipway's own, so that the monitors take them for nobody's.
"""

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import httpx

from resources.inference import probe_id

ASK_SECONDS = 10.0
PAUSE_SECONDS = 0.01
DIGEST_HEADER = "x-bundle-digest"


@dataclass(frozen=True)
class Answer:
    """One request: when it was asked and answered (monotonic, s), by which digest, or why not."""

    asked: float
    answered: float
    digest: str
    failure: str = ""


class Caller:
    """Asks `url` with `body`, one request after the other, while it is entered."""

    def __init__(
        self, url: str, body: bytes, headers: Mapping[str, str], tls: ssl.SSLContext | None = None
    ) -> None:
        self._url, self._body = url, body
        self._headers = {"Content-Type": "application/json", **headers}
        self._tls, self._end, self._told = tls, threading.Event(), threading.Condition()
        self._answers: list[Answer] = []
        self._thread = threading.Thread(target=self._ask, name="drill-caller", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    @property
    def answers(self) -> list[Answer]:
        """All answers so far, in order."""
        with self._told:
            return list(self._answers)

    def wait_for(self, digest: str, since: float, timeout: float) -> Answer | None:
        """The first answer by a digest to a request asked at `since` or later; None if too late."""
        looked_at = 0

        def found() -> Answer | None:
            nonlocal looked_at
            unseen, looked_at = self._answers[looked_at:], len(self._answers)
            fitting = (
                one
                for one in unseen
                if one.asked >= since and one.digest == digest and not one.failure
            )
            return next(fitting, None)

        with self._told:
            return self._told.wait_for(found, timeout)

    def _ask(self) -> None:
        # Proxies named in the environment are for the outside world.
        with httpx.Client(
            headers=self._headers, timeout=ASK_SECONDS, trust_env=False, verify=self._tls or True
        ) as client:
            while not self._end.wait(PAUSE_SECONDS):
                answer = self._once(client)
                with self._told:
                    self._answers.append(answer)
                    self._told.notify_all()

    def _once(self, client: httpx.Client) -> Answer:
        asked = time.monotonic()
        try:
            named = {"x-request-id": probe_id()}
            got = client.post(self._url, content=self._body, headers=named)
        except httpx.HTTPError as error:
            return Answer(asked, time.monotonic(), "", str(error) or type(error).__name__)
        failure = "" if got.is_success else f"status {got.status_code}"
        return Answer(asked, time.monotonic(), got.headers.get(DIGEST_HEADER, ""), failure)
