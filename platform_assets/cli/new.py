"""`slipway new`: begin a model from a file."""

import shlex
from pathlib import Path

from platform_assets.cli.console import out
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.errors import StackNotUp
from platform_assets.cli.models import DEFS
from platform_assets.scaffold.plan import Plan, Request
from platform_assets.scaffold.write import begin
from platform_assets.wiring import followed_policy
from resources.settings import CHECKOUT, load_settings

RELOAD_SECONDS = 120.0
_SHOWN = 10


def new(request: Request, defs: Path = DEFS) -> None:
    """Write the model's folder, say what was chosen and what comes next.

    Raises
    ------
    NotScaffolded
        If the name or the file does not do; nothing was written.
    DagsterError
        If a running Dagster cannot load the new folder.
    """
    plan = begin(request, defs, followed_policy(load_settings()))
    folder = defs / request.name
    shown = folder.relative_to(CHECKOUT) if folder.is_relative_to(CHECKOUT) else folder
    for line in (f"written: {shown}", *summary(plan)):
        out(line)
    out(f"next: {_start()}slipway run {request.name} {shlex.quote(str(request.file))}")


def summary(plan: Plan) -> list[str]:
    """What was chosen, in the terms of defs.yaml."""
    target, rows = plan.target, plan.sample.rows
    lines = [
        f"task: {target.task} ({target.why})",
        f"features: {len(plan.features)} of {len(plan.features) + len(plan.left_out)} columns",
    ]
    lines += [f"  without {name!r}: {reason}" for name, reason in [*plan.left_out.items()][:_SHOWN]]
    if len(plan.left_out) > _SHOWN:
        lines.append(f"  and {len(plan.left_out) - _SHOWN} more; defs.yaml names them all")
    if plan.sample.broken:
        lines.append(f"{plan.sample.broken} of {rows + plan.sample.broken} rows cannot be parsed")
    strays = [name for name, one in plan.columns.items() if one.strays]
    if strays:
        lines.append(f"rows go to quarantine for values in {', '.join(strays)}; see contract.py")
    return lines


def _start() -> str:
    """What comes before the first delivery: nothing if a running Dagster has loaded the folder."""
    try:
        DagsterApi(load_settings().dagster_url, RELOAD_SECONDS).reload()
    except StackNotUp:
        return "slipway up --detach, then "
    return ""
