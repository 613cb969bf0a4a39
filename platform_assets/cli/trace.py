"""`slipway trace`: from one answer back to the files that it was learned from, and once more."""

from dataclasses import dataclass
from typing import Any

from gitops.errors import GitopsError
from gitops.forge import Forge
from gitops.history import Change, history
from platform_assets.cli.console import facts, out, print_json, print_table
from platform_assets.cli.errors import NotTraced
from platform_assets.cli.folders import open_model
from platform_assets.cli.history import ALL, Registered, registered
from platform_assets.cli.models import model_folders, require_model
from platform_assets.data.blocks import Delivery, delivered
from platform_assets.watch import log_rows as names
from platform_assets.watch.tracing import Replay, Request, find, replay
from platform_assets.wiring import build_forge, build_lake, build_registry
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.settings import load_settings

SHOWN = 20


@dataclass(frozen=True)
class Trace:
    """One request and everything behind its answer; `gaps` says which links are gone, and why."""

    request: Request
    others: int
    said: dict[str, str]
    version: str
    change: Change | None
    deliveries: tuple[Delivery, ...]
    replay: Replay
    gaps: tuple[str, ...]

    def lines(self) -> dict[str, object]:
        """Each fact under its name; one that there is not is empty."""
        one, change = self.request, self.change
        return {
            "answered": one.time.isoformat(),
            "by": f"{one.model} in {one.said(names.ENVIRONMENT)}",
            "status": one.said(names.STATUS),
            "protocol": one.said(names.PROTOCOL),
            "took": f"{one.said(names.LATENCY):g} ms",
            "log": "in the table predictions" if one.landed else "in a file that has not landed",
            "bundle": one.digest,
            "version": self.version,
            "verdict": self.said.get("verdict"),
            "report": self.said.get("report"),
            "commit": f"{change.revision} ({change.kind})" if change else "",
            "by whom": change.by if change else "",
            "why": change.why if change else "",
            "training set": self.said.get("training set version"),
            "cleaned": self.said.get("cleaned version"),
            "deliveries": len(self.deliveries) or "",
            "code": self.said.get("code commit"),
            "replay": self.replay.sentence(),
        }

    def to_dict(self) -> dict[str, Any]:
        """The form of `trace --json`."""
        return {
            **self.lines(),
            "request_id": self.request.said(names.REQUEST_ID),
            "others": self.others,
            "rows": self.request.features(),
            "scores": self.request.scores.tolist() if self.request.scored else None,
            "change": self.change.to_dict() if self.change else None,
            "deliveries": [
                {"number": one.number, "file": one.file, "sha256": one.digest}
                for one in self.deliveries
            ],
            "difference": self.replay.difference,
            "gaps": list(self.gaps),
        }


def trace(request_id: str, model: str | None, *, as_json: bool) -> None:
    """Print what is behind the newest answer to a request.

    Raises
    ------
    NotTraced
        If no log holds such a request.
    """
    settings = load_settings()
    if model is not None:
        require_model(model)
    lake, models = build_lake(settings), [model] if model else model_folders()
    found = find(lake, settings.predictions, models, request_id)
    if not found:
        raise NotTraced(request_id, models)
    newest = found[0]
    known = registered(build_registry(settings), newest.model)
    again = replay(Artifacts(settings.artifacts), newest, _trusted(newest.model))
    told = behind(newest, len(found) - 1, known, again, build_forge(settings), lake)
    if as_json:
        print_json(told.to_dict())
    else:
        _print(told)


def behind(
    request: Request, others: int, known: Registered, again: Replay, forge: Forge, lake: Lake
) -> Trace:
    """Walk from a request to the files; each link that is gone becomes a sentence."""
    gaps: list[str] = []
    said = dict(known.get(request.digest or "", {}))
    if request.digest and not said:
        gaps.append("the registry knows no version of this bundle any more (`retention`)")
    change = _change(forge, request)
    if request.digest and change is None:
        gaps.append("git names no commit that made this bundle live then")
    deliveries = _deliveries(lake, request.model, int(said.get("deliveries", 0)))
    if said and not deliveries:
        gaps.append("the deliveries that it was learned from are not known")
    version = str(request.said(names.VERSION) or "")
    return Trace(request, others, said, version, change, deliveries, again, tuple(gaps))


def _change(forge: Forge, request: Request) -> Change | None:
    """The change that put the bundle live: the one live then, or else the last before it."""
    if request.digest is None:
        return None
    try:
        past = history(forge, request.said(names.ENVIRONMENT), request.model, ALL)
    except GitopsError:
        return None
    named = [one for one in past if one.digest == request.digest]
    live = next((one for one in named if one.was_live(request.time)), None)
    return live or next(iter(named), None)


def _deliveries(lake: Lake, model: str, count: int) -> tuple[Delivery, ...]:
    raw = f"{model}/raw"
    version = lake.newest(raw)
    if version is None:
        return ()
    return tuple(one for one in delivered(lake, raw, version) if one.number <= count)


def _trusted(model: str) -> tuple[str, ...]:
    return tuple(open_model(model).spec.serving.trusted_types)


def _print(told: Trace) -> None:
    facts(told.lines())
    request = told.request
    if request.scored:
        scores = request.scores.tolist()
        rows = zip(request.features()[:SHOWN], scores, strict=False)
        print_table(
            "rows",
            ("row", "features", "score"),
            [(number, features, score) for number, (features, score) in enumerate(rows)],
        )
    if told.deliveries:
        last = told.deliveries[-SHOWN:]
        rest = len(told.deliveries) - len(last)
        title = f"deliveries{f', after {rest} earlier ones' if rest else ''}"
        print_table(
            title, ("number", "file", "SHA-256"), [(d.number, d.file, d.digest) for d in last]
        )
    for gap in told.gaps:
        out(f"gone: {gap}")
    if told.others:
        out(f"{told.others} earlier requests have the same id")
