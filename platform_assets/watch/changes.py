"""What people are told of alerts: that they stand, and that they end; each once. Pure.

All columns that one monitor speaks of are one alert here, so that a storm is one notice. Proofs
that are lost are one more.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gitops.notify import Notice
from platform_assets.watch.alerts import Alert
from platform_assets.watch.score import NAME as TEST_SCORE
from platform_assets.watch.standing import sentence

SHOWN = 5
# An address may take some ten seconds to fail, and Dagster ends a tick after 60: what was told in
# it would be told again. The rest waits for the next tick.
AT_ONCE = 5
_URGENT = frozenset({"quality", "invariants", "skew", "numerical_health", "errors"})


@dataclass(frozen=True, order=True)
class Told:
    """An alert that people know of: one monitor's of one version in one environment.

    Of the monitor TEST_SCORE, which speaks of no version, digest and version are empty.
    """

    environment: str
    monitor: str
    digest: str
    version: str

    @property
    def asset(self) -> str:
        """Where more is to be seen."""
        return TEST_SCORE if self.monitor == TEST_SCORE else "monitoring"


def parse(cursor: str | None) -> frozenset[Told]:
    """What the last tick left; a cursor of another version counts as none."""
    try:
        return frozenset(Told(**one) for one in json.loads(cursor or "[]"))
    except (TypeError, json.JSONDecodeError):
        return frozenset()


def text(told: Iterable[Told]) -> str:
    return json.dumps([vars(one) for one in sorted(told)])


def by_monitor(found: Iterable[Alert]) -> dict[Told, list[str]]:
    """A sentence for each alert."""
    grouped: dict[Told, list[str]] = defaultdict(list)
    for one in found:
        key = Told(one.environment, one.monitor, one.digest, one.evidence.version)
        grouped[key].append(sentence(one))
    return dict(grouped)


def notices(
    model: str, known: frozenset[Told], now: Mapping[Told, list[str]], link: str, time: str
) -> list[Notice]:
    """A notice for each of the `due` alerts that began to stand or ended.

    `now` has their sentences, `link` is where the assets of the model are shown.
    """
    begun, ended = due(known, now)
    return [
        *(_begun(model, one, now[one], link, time) for one in begun),
        *(_ended(model, one, link, time) for one in ended),
    ]


def due(known: frozenset[Told], now: Collection[Told]) -> tuple[list[Told], list[Told]]:
    """What began to stand and what ended since people were told last, AT_ONCE in all."""
    begun = sorted(set(now) - known)[:AT_ONCE]
    return begun, sorted(known - set(now))[: AT_ONCE - len(begun)]


def known_after(known: frozenset[Told], now: Collection[Told]) -> frozenset[Told]:
    """What people know once they were told what is due."""
    begun, ended = due(known, now)
    return known.union(begun).difference(ended)


def _begun(model: str, told: Told, found: list[str], link: str, time: str) -> Notice:
    more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    why = "; ".join(found[:SHOWN]) + more
    after = f"alert {told.monitor}"
    return _notice(model, told, ("", after), why, link, time, urgent=told.monitor in _URGENT)


def _ended(model: str, told: Told, link: str, time: str) -> Notice:
    why = "it stands no longer, or another version is live"
    states = (f"alert {told.monitor}", f"alert {told.monitor} ended")
    return _notice(model, told, states, why, link, time, urgent=False)


def _notice(
    model: str,
    told: Told,
    states: tuple[str, str],
    why: str,
    link: str,
    time: str,
    *,
    urgent: bool,
) -> Notice:
    before, after = states
    return Notice(
        environment=told.environment,
        model=model,
        before=before,
        after=after,
        revision=told.digest,
        version=told.version,
        why=why,
        urgent=urgent,
        time=time,
        evidence=f"{link}/{told.asset}",
    )
