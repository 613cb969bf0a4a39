"""Which model answers: load beside the live one, prove it, then change one reference."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from serving.bundle import Bundle, open_bundle
from serving.errors import NotReady, ServingError, WrongModel
from serving.rollout_config import BundleTarget, folder_of, parse_config
from serving.scorer import Scorer, load_scorer, verify_golden
from serving.signature import shorten


@dataclass(frozen=True)
class Live:
    """What answers now. `since` is when this digest went live, UTC, ISO 8601."""

    bundle: Bundle
    scorer: Scorer
    version: str
    since: str
    delay: float

    @property
    def digest(self) -> str:
        return self.bundle.digest


@dataclass(frozen=True)
class Refused:
    """The last configuration that was not put live; `digest` is empty if it named none."""

    digest: str
    reason: str


class Rollout:
    """The live model and the way to the next one.

    `live`, `warm` and `refused` are read without a lock: each changes by one assignment. `warm` is
    what was live before, still loaded, so that the way back needs neither the store nor time.
    `trusted` are types that a model may hold beyond the usual ones, see `serving.trust`; if there
    are `keys`, one of them must have signed the bundle.
    """

    def __init__(
        self, model: str, trusted: tuple[str, ...] = (), keys: tuple[Ed25519PublicKey, ...] = ()
    ) -> None:
        self.model = model
        self._trusted, self._keys = trusted, keys
        self.live: Live | None = None
        self.warm: Live | None = None
        self.refused: Refused | None = None
        self._turn = asyncio.Lock()

    async def apply(self, user_config: Mapping[str, Any]) -> None:
        """Put the configured bundle live once it has answered its golden rows.

        Loading happens in a thread while the live model goes on answering. A configuration that
        cannot be put live is recorded in `refused` when a model is live, which stays. Applying
        the digest that is live already, or was live before it, loads nothing. Calls take turns.

        Raises
        ------
        ServingError
            Only when nothing is live: there is nothing to keep then.
        """
        async with self._turn:
            attempt = asyncio.ensure_future(self._next(user_config))
            await asyncio.wait({attempt})
            error = attempt.exception()
            if error is None:
                self._swap(attempt.result())
            elif self.live is None or not isinstance(error, Exception):
                raise error
            else:
                self.refused = Refused(_digest_in(user_config), _reason(error))

    def _swap(self, then: Live) -> None:
        if self.live is not None and self.live.digest != then.digest:
            self.warm = self.live
        self.live, self.refused = then, None

    def now_live(self) -> Live:
        """What answers; NotReady while nothing does."""
        if self.live is None:
            raise NotReady(self.model)
        return self.live

    async def check(self) -> None:
        """Let the live model answer its golden rows again.

        Raises
        ------
        GoldenRowsDiffer
            When it does not answer any more as it was judged.
        """
        if self.live is not None:
            await asyncio.to_thread(verify_golden, self.live.bundle, self.live.scorer)

    async def _next(self, user_config: Mapping[str, Any]) -> Live:
        config = parse_config(user_config)
        version, delay = config.bundle.version, config.fault.delay_ms / 1000
        live, warm = self.live, self.warm
        if live is not None and live.digest == config.bundle.digest:
            return replace(live, version=version, delay=delay)
        since = datetime.now(UTC).isoformat(timespec="milliseconds")
        if warm is not None and warm.digest == config.bundle.digest:
            await asyncio.to_thread(verify_golden, warm.bundle, warm.scorer)
            return replace(warm, version=version, since=since, delay=delay)
        bundle, scorer = await asyncio.to_thread(self._load, config.bundle)
        return Live(bundle, scorer, version, since, delay)

    def _load(self, target: BundleTarget) -> tuple[Bundle, Scorer]:
        bundle = open_bundle(folder_of(target), target.digest, self._keys)
        if bundle.signature.model != self.model:
            raise WrongModel(bundle.signature.model, self.model)
        scorer = load_scorer(bundle, self._trusted)
        verify_golden(bundle, scorer)
        return bundle, scorer


def _digest_in(user_config: object) -> str:
    bundle = user_config.get("bundle") if isinstance(user_config, Mapping) else None
    digest = bundle.get("digest") if isinstance(bundle, Mapping) else None
    return shorten(digest) if isinstance(digest, str) else ""


def _reason(error: Exception) -> str:
    if isinstance(error, ServingError):
        return f"{type(error).__name__}: {error}"
    return f"{type(error).__name__} while loading: {error}"
