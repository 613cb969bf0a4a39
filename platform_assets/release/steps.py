"""Through the steps of a canary: pass after pass, told in the log, and drawn at the end."""

import math
import time
from collections.abc import Callable, Sequence

from gitops.analysis import QUANTILE, conclusion
from gitops.conditions import Reason, RetryAfter
from gitops.errors import ForgeUnavailable
from gitops.figures import Side
from gitops.forge import Forge
from gitops.manifest import manifest_path
from gitops.reconcile import Reconciler, Report
from gitops.stepping import Analysis
from gitops.suspension import suspension_path
from platform_assets.ml.canvas import COLOURS, INK, Plot, label, legend, new_axes, png

Pause = Callable[[float], None]
# How often git is looked at during a step, as often as a sensor does.
GLANCE_SECONDS = 5.0
_MARKS = {"pass": "o", "inconclusive": "d", "fail": "X"}
_SHADES = {"pass": COLOURS["candidate"], "inconclusive": COLOURS["linear"], "fail": "#b91c1c"}


def through_steps(
    reconciler: Reconciler,
    forge: Forge,
    environment: str,
    model: str,
    tell: Callable[[str], None],
    pause: Pause = time.sleep,
) -> tuple[Report, tuple[Analysis, ...]]:
    """Reconcile until no step of a canary is under way; the last report, and all that was seen.

    Whatever ends the walk is in git and its records, so a process that dies is followed by another.
    A step is looked at as often as the environment is, and a candidate that fails goes back then. A
    change of the manifest, or that somebody suspends the model, ends a wait at once. Of looks in a
    row that found the same, the first and the last are kept.
    """
    seen: list[Analysis] = []
    while True:
        report = reconciler.reconcile(environment, model)
        for analysis in report.analyses:
            tell(analysis.sentence())
            seen = _with(seen, analysis)
        outcome = report.outcome
        if not isinstance(outcome, RetryAfter) or outcome.reason != Reason.CANARY:
            return report, tuple(seen)
        _rest(forge, report, report.next_look, pause)


def _with(seen: list[Analysis], new: Analysis) -> list[Analysis]:
    found = (new.step, conclusion(new.verdicts))
    same = [(one.step, conclusion(one.verdicts)) == found for one in seen[-2:]]
    return [*(seen[:-1] if same == [True, True] else seen), new]


def _rest(forge: Forge, report: Report, seconds: float, pause: Pause) -> None:
    while seconds > 0:
        pause(min(GLANCE_SECONDS, seconds))
        seconds -= GLANCE_SECONDS
        if _says_otherwise(forge, report):
            return


def _says_otherwise(forge: Forge, report: Report) -> bool:
    """Does git name another revision than the pass did, which found nobody suspending it?"""
    environment, model = report.environment, report.model
    try:
        with forge.one_look():
            head = forge.head()
            last = forge.last_change(manifest_path(environment, model), head)
            suspended = forge.read(suspension_path(environment, model), head)
    except ForgeUnavailable:
        return False
    return suspended is not None or (last.revision if last else "") != report.revision


def table(seen: Sequence[Analysis]) -> str:
    """The looks as a table in Markdown."""
    head = "| step | seconds | requests | replayed | answer | open or failed |"
    rows = [
        f"| {one.step} | {one.seconds:.0f} | {one.figures.requests} | {one.replayed} | "
        f"{conclusion(one.verdicts)} | {_open(one)} |"
        for one in seen
    ]
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def staircase(seen: Sequence[Analysis]) -> Plot:
    """The share of the candidate, look by look, with what was answered and how fast."""
    axes = new_axes(6.4, 3.6)
    looks = range(1, len(seen) + 1)
    axes.step(looks, [one.weight * 100 for one in seen], where="mid", color=INK, linewidth=1.2)
    for number, one in zip(looks, seen, strict=True):
        answer = conclusion(one.verdicts)
        share = one.weight * 100
        axes.plot([number], [share], _MARKS[answer], color=_SHADES[answer], markersize=8)
        axes.annotate(
            _told(one),
            (number, share),
            fontsize=7,
            color=INK,
            ha="center",
            xytext=(0, 9),
            textcoords="offset points",
        )
    for name, mark in _MARKS.items():
        axes.plot([], [], mark, color=_SHADES[name], label=name)
    axes.set_ylim(0, 125)
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlim(0.4, len(seen) + 0.6)
    axes.set_xticks(list(looks))
    label(axes, "look", "% of keys that the candidate answers")
    legend(axes, "upper left")
    return Plot("canary", "Steps of the canary", "Each mark is one look, with its p95.", png(axes))


def _told(one: Analysis) -> str:
    replayed = f"\n{one.replayed} replayed" if one.replayed else ""
    return f"{one.figures.requests} requests{replayed}{_p95(one.figures.candidate)}"


def _p95(side: Side) -> str:
    found = side.quantile_ms(QUANTILE)
    return f"\np95 {found:.3g} ms" if math.isfinite(found) else ""


def _open(one: Analysis) -> str:
    return "; ".join(verdict.sentence() for verdict in one.verdicts if not verdict.passed)
