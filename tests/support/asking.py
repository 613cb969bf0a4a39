"""A caller that asks without pause, to see whether anybody would have noticed."""

import threading
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

import httpx

Answer = TypeVar("Answer")


class Asking(Generic[Answer]):
    """Asks on one connection until the block ends; keeps every answer, and what failed."""

    def __init__(self, ask: Callable[[httpx.Client], Answer]) -> None:
        self._ask = ask
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.answers: list[Answer] = []
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            while not self._stop.is_set():
                try:
                    self.answers.append(self._ask(client))
                except Exception as error:  # noqa: BLE001  a failed request is what is looked for
                    self.failures.append(repr(error))


def asking(url: str, document: Any) -> Asking[httpx.Response]:
    """Post the same document over and over."""
    return Asking(lambda client: client.post(url, json=document))
