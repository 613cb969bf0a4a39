"""What speaks for a release: as a page a person reads, and as a file a program reads."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from gitops.conditions import Verdict
from gitops.errors import EvidenceInvalid
from gitops.manifest import evidence_path
from gitops.markdown import escape, figure, table
from gitops.picture import bars

SCHEMA = "slipway.dev/evidence/v1"


@dataclass(frozen=True)
class Figure:
    """One metric on the holdout, with its interval, beside the champion and the baselines."""

    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    champion: float | None = None
    baselines: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SliceFigure:
    """One metric on the holdout rows where `column` is `value`."""

    column: str
    value: str
    rows: int
    metric: str
    score: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Evidence:
    """Everything known about one bundle for one environment.

    `gates` are the verdicts that decide; `endpoint` are those on the live endpoint of the earlier
    environment. `code_version` is the git commit of the code that trained, `report` where the
    full report lies, `reason` why it was trained. All numbers are finite.
    """

    model: str
    environment: str
    bundle_digest: str
    model_version: str
    evaluation_run: str
    data_version: str
    code_version: str
    previous_digest: str | None
    gates: tuple[Verdict, ...]
    figures: tuple[Figure, ...] = ()
    slices: tuple[SliceFigure, ...] = ()
    endpoint: tuple[Verdict, ...] = ()
    report: str = ""
    reason: str = ""

    @property
    def path(self) -> str:
        """Where the machine-readable copy lives in the GitOps repository."""
        return evidence_path(self.environment, self.model)

    def failing(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.gates if not verdict.passed)

    def to_json(self) -> str:
        """The machine-readable copy; EvidenceInvalid if a number is not finite."""
        try:
            text = json.dumps(
                {"schema": SCHEMA, **asdict(self)}, indent=2, sort_keys=True, allow_nan=False
            )
        except ValueError as error:
            raise EvidenceInvalid(self.path, "", str(error), "finite numbers") from None
        return text + "\n"

    @classmethod
    def from_json(cls, text: str, path: str) -> "Evidence":
        """Read a copy that `to_json` wrote; EvidenceInvalid names what does not fit."""
        try:
            document: dict[str, Any] = json.loads(text)
            schema = document.pop("schema")
        except (ValueError, AttributeError, KeyError, TypeError):
            raise EvidenceInvalid(path, "", text[:80], f"a JSON object of {SCHEMA}") from None
        if schema != SCHEMA:
            raise EvidenceInvalid(path, "schema", schema, SCHEMA)
        for name, kind in _PARTS.items():
            document[name] = tuple(_part(kind, item, path, name) for item in document.get(name, ()))
        evidence: Evidence = _part(cls, document, path, "")
        return evidence

    def markdown(self) -> str:
        """The body of the promotion: the same facts as tables, safe whatever columns are called."""
        model, version = escape(self.model), escape(self.model_version)
        parts = [
            f"Release of {model} version {version} to {escape(self.environment)}.\n",
            self._identity(),
            _section("Gates", _verdict_table(self.gates)),
            _section("Figures on the holdout", self._figure_table()),
            self._picture(),
            _section("Slices", self._slice_table()),
            _section("Endpoint of the earlier environment", _verdict_table(self.endpoint)),
        ]
        return "\n".join(part for part in parts if part)

    def _identity(self) -> str:
        rows = [
            ("bundle digest", self.bundle_digest),
            ("replaces", self.previous_digest or "nothing"),
            ("trained because", self.reason or "-"),
            ("model version", self.model_version),
            ("evaluation run", self.evaluation_run),
            ("data version", self.data_version),
            ("code version", self.code_version),
            ("report", self.report or "-"),
            ("this page for programs", self.path),
        ]
        return table(("what", "is"), rows)

    def _figure_table(self) -> str:
        names = sorted({name for item in self.figures for name in item.baselines})
        rows = [
            (
                item.metric,
                figure(item.value),
                _interval(item.low, item.high),
                figure(item.champion),
                *(figure(item.baselines.get(name)) for name in names),
            )
            for item in self.figures
        ]
        return table(("metric", "candidate", "95 % interval", "champion", *names), rows)

    def _picture(self) -> str:
        """The first figure with its interval, beside the others."""
        if not self.figures:
            return ""
        item = self.figures[0]
        interval = {"from": item.low, "candidate": item.value, "to": item.high}
        return bars(item.metric, {**interval, "champion": item.champion, **item.baselines})

    def _slice_table(self) -> str:
        rows = [
            (
                f"{item.column} = {item.value}",
                str(item.rows),
                item.metric,
                figure(item.score),
                _interval(item.low, item.high),
            )
            for item in self.slices
        ]
        return table(("slice", "rows", "metric", "candidate", "95 % interval"), rows)


_PARTS: Mapping[str, type[Any]] = {
    "gates": Verdict,
    "figures": Figure,
    "slices": SliceFigure,
    "endpoint": Verdict,
}


def _part(kind: type[Any], item: Any, path: str, key: str) -> Any:
    try:
        return kind(**item)
    except TypeError:
        names = ", ".join(part.name for part in fields(kind))
        raise EvidenceInvalid(path, key, item, f"an object of {names}") from None


def _section(title: str, content: str) -> str:
    return f"### {title}\n\n{content}" if content else ""


def _verdict_table(verdicts: tuple[Verdict, ...]) -> str:
    rows = [
        (
            verdict.word,
            verdict.check,
            verdict.metric,
            figure(verdict.observed, verdict.unit),
            figure(verdict.threshold, verdict.unit),
            verdict.message,
        )
        for verdict in verdicts
    ]
    return table(("", "gate", "metric", "observed", "allowed", "remark"), rows)


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{figure(low)} to {figure(high)}"
