"""What spoke for a release, as tables at a terminal."""

from collections.abc import Iterable

from gitops.conditions import Verdict
from gitops.errors import EvidenceInvalid
from gitops.evidence import Evidence, Figure
from gitops.forge import Tree
from gitops.manifest import evidence_path
from platform_assets.cli.console import facts, print_table

VERDICT_COLUMNS = ("", "check", "metric", "observed", "allowed")


def read_evidence(tree: Tree, environment: str, model: str, revision: str) -> Evidence | None:
    """The evidence beside a manifest at a revision; None for one that was committed by hand."""
    path = evidence_path(environment, model)
    text = tree.read(path, revision)
    return Evidence.from_json(text, path) if text is not None else None


def usable_evidence(tree: Tree, environment: str, model: str, revision: str) -> Evidence | None:
    """The same, for whom a file that cannot be read is no evidence: somebody pushed it by hand."""
    try:
        return read_evidence(tree, environment, model, revision)
    except EvidenceInvalid:
        return None


def print_evidence(evidence: Evidence) -> None:
    """Identity, gates, figures, and the checks of the earlier environment."""
    facts(
        {
            "bundle": evidence.bundle_digest,
            "replaces": evidence.previous_digest or "nothing",
            "data": evidence.data_version,
            "code": evidence.code_version,
            "report": evidence.report,
        }
    )
    print_verdicts("gates", evidence.gates)
    print_figures(evidence.figures)
    print_verdicts("endpoint of the earlier environment", evidence.endpoint)


def print_verdicts(title: str, verdicts: Iterable[Verdict]) -> None:
    """What was asked, seen and allowed; no table without a verdict."""
    rows = [
        (
            one.word,
            one.check,
            one.metric,
            _figure(one.observed, one.unit),
            _figure(one.threshold, one.unit),
        )
        for one in verdicts
    ]
    if rows:
        print_table(title, VERDICT_COLUMNS, rows)


def print_figures(figures: Iterable[Figure]) -> None:
    """The candidate beside champion and baselines."""
    shown = list(figures)
    names = sorted({name for one in shown for name in one.baselines})
    rows = [
        (
            one.metric,
            _figure(one.value),
            "" if one.low is None else f"{_figure(one.low)} to {_figure(one.high)}",
            _figure(one.champion),
            *(_figure(one.baselines.get(name)) for name in names),
        )
        for one in shown
    ]
    if rows:
        columns = ("metric", "candidate", "95 % interval", "champion", *names)
        print_table("figures on the holdout", columns, rows)


def _figure(value: float | str | None, unit: str = "") -> str:
    if value is None:
        return "-"
    shown = value[:19] if isinstance(value, str) else f"{value:.4g}"
    return f"{shown} {unit}".rstrip()
