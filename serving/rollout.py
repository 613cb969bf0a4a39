"""Which model answers: load beside the live one, prove it, then change one reference."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from serving.bundle import Bundle
from serving.canary import Canary
from serving.errors import NotReady, ServingError, WrongModel
from serving.live import Live
from serving.quoting import shorten
from serving.rollout_config import BundleTarget, Fault, parse_config
from serving.scorer import Scorer, load_scorer, verify_golden
from serving.stored import default_cache, open_stored


@dataclass(frozen=True)
class Refused:
    """The last configuration that was not put live.

    `digest` is that of the candidate, if it named one, else of the bundle, else empty.
    """

    digest: str
    reason: str


class Rollout:
    """The live model and the way to the next one.

    `live`, `warm`, `canary` and `refused` are read without a lock: each changes by one assignment.
    `warm` is what was live before, still loaded, so that the way back needs neither the store nor
    time; `canary` is the candidate beside `live`. `replica` tells this process from others.
    `trusted` are types that a model may hold beyond the usual ones, see `serving.trust`; if there
    are `keys`, one of them must have signed the bundle. `cache` keeps bundles of buckets.
    """

    def __init__(
        self,
        model: str,
        trusted: tuple[str, ...] = (),
        keys: tuple[Ed25519PublicKey, ...] = (),
        cache: Path | None = None,
    ) -> None:
        self.model, self.replica = model, secrets.token_hex(8)
        self._trusted, self._keys, self._cache = trusted, keys, cache or default_cache()
        self.live: Live | None = None
        self.warm: Live | None = None
        self.canary: Canary | None = None
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
                self._swap(*attempt.result())
            elif self.live is None or not isinstance(error, Exception):
                raise error
            else:
                self.refused = Refused(_digest_in(user_config), _reason(error))

    def _swap(self, then: Live, canary: Canary | None) -> None:
        before, beside = self.live, self.canary
        if before is not None and before.digest != then.digest:
            self.warm = before
        self.live, self.canary, self.refused = then, canary, None
        if beside is not None and beside is not canary:
            beside.close()

    def now_live(self) -> Live:
        """What answers; NotReady while nothing does."""
        if self.live is None:
            raise NotReady(self.model)
        return self.live

    @property
    def versions(self) -> list[str]:
        """The versions that answer when named, the live one first; NotReady while none is live."""
        live, canary = self.now_live(), self.canary
        others = [canary.candidate if canary else None, self.warm]
        return list(dict.fromkeys(one.version for one in (live, *others) if one is not None))

    def before(self, version: str | None) -> Live | None:
        """The version before, if it is the one that is called so and none that answers is."""
        live, canary, warm = self.live, self.canary, self.warm
        answering = (live and live.version, canary and canary.candidate.version)
        named = warm is not None and version == warm.version and version not in answering
        return warm if named else None

    async def check(self) -> None:
        """Let the live model answer its golden rows again.

        Raises
        ------
        GoldenRowsDiffer
            When it does not answer any more as it was judged.
        """
        if self.live is not None:
            await asyncio.to_thread(verify_golden, self.live.bundle, self.live.scorer)

    async def _next(self, user_config: Mapping[str, Any]) -> tuple[Live, Canary | None]:
        config = parse_config(user_config)
        now, old = self.live, self.canary
        live = await self._loaded(config.bundle, config.fault, now)
        if config.canary is None:
            return live, None
        beside, kept = config.canary, old.candidate if old else None
        candidate = await self._loaded(beside.bundle, beside.fault, kept)
        if old and old.is_of(live, candidate, beside.weight, beside.shadow):
            return live, old
        return live, Canary(live, candidate, beside.weight, beside.shadow)

    async def _loaded(self, target: BundleTarget, fault: Fault, now: Live | None) -> Live:
        """What `now` is if it is the same digest, else what is warm or beside it, else new."""
        version, delay = target.version, fault.delay_ms / 1000
        if now is not None and now.digest == target.digest:
            return replace(now, version=version, delay=delay)
        since = datetime.now(UTC).isoformat(timespec="milliseconds")
        candidate = self.canary.candidate if self.canary else None
        for one in (self.live, self.warm, candidate):
            if one is not None and one.digest == target.digest:
                await asyncio.to_thread(verify_golden, one.bundle, one.scorer)
                return replace(one, version=version, since=since, delay=delay)
        bundle, scorer = await asyncio.to_thread(self._load, target)
        return Live(bundle, scorer, version, since, delay)

    def _load(self, target: BundleTarget) -> tuple[Bundle, Scorer]:
        bundle = open_stored(target.uri, target.digest, self._cache, self._keys)
        if bundle.signature.model != self.model:
            raise WrongModel(bundle.signature.model, self.model)
        scorer = load_scorer(bundle, self._trusted)
        verify_golden(bundle, scorer)
        return bundle, scorer


def _digest_in(user_config: object) -> str:
    canary = user_config.get("canary") if isinstance(user_config, Mapping) else None
    named = canary if isinstance(canary, Mapping) else user_config
    bundle = named.get("bundle") if isinstance(named, Mapping) else None
    digest = bundle.get("digest") if isinstance(bundle, Mapping) else None
    return shorten(digest) if isinstance(digest, str) else ""


def _reason(error: Exception) -> str:
    if isinstance(error, ServingError):
        return f"{type(error).__name__}: {error}"
    return f"{type(error).__name__} while loading: {error}"
