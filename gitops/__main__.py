"""Check desired state, say what would be done, or do it; needs neither Dagster nor Ray.

exit codes:
  0  validate: every file can be used; check-promotion: it may be merged;
     plan, status, reconcile: everything is settled
  1  validate: a file cannot be used; check-promotion: it may not be merged, the sentences say why;
     plan, status, reconcile: a person must act, or the repository is out
  2  wrong use
  3  plan, status, reconcile: not settled yet; the same command may do more later

reconcile --watch ends with 0 when it is told to (SIGTERM, Ctrl-C), and with 1 if the repository
cannot be used when it begins; whatever comes later is told, and tried again with growing pauses.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from gitops.arguments import NOTIFY_URLS, RAY_TOKEN, Run, parser
from gitops.check_promotion import Asked, check_promotion
from gitops.choose import Access, kind_of, open_forge, place_of
from gitops.conditions import Blocked, Outcome, Settled, kind
from gitops.errors import AddressRefused, ForgeUnavailable, GitopsError
from gitops.facts import Target
from gitops.forge import Forge
from gitops.from_git import HostVerified, ProposedForge, RecordedRuntime
from gitops.git_tree import GitTree
from gitops.holds import now
from gitops.lock import lock_beside
from gitops.notifier import build_tell
from gitops.pace import DEFAULT_PACE, Pace
from gitops.plan import Plan
from gitops.plan_report import change, markdown
from gitops.plumbing import Git
from gitops.readiness import Patience
from gitops.reconcile import Reconciler, Report
from gitops.record import DeploymentRecord
from gitops.runtime import Runtime
from gitops.serve_runtime import ServeRuntime
from gitops.stopping import told_by_signals
from gitops.validate import files_of_folder, files_of_revision, problems
from gitops.watch import Watch

DONE, FAILED, NOT_YET = 0, 1, 3
# How long a pass of `--watch` waits for another reconciler of this machine, in seconds.
TURN = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except GitopsError as error:
        _complain(error)
        return FAILED
    return code


def validate(options: argparse.Namespace) -> int:
    if options.repository:
        forge = _forge(options)
        files = files_of_revision(forge, options.revision or forge.head())
    else:
        files = files_of_folder(options.folder)
    found = problems(files)
    for problem in found:
        _say(problem)
    _say(f"{len(files.paths)} files, {len(found)} problems")
    return FAILED if found else DONE


def promotion(options: argparse.Namespace) -> int:
    git = Git(Path(options.git_dir), Access.from_environment(os.environ).signing)
    base = git.text("merge-base", git.resolve(options.base), git.resolve(options.head))
    head = git.resolve(options.head)
    listed = git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, head)
    changed = tuple(path for path in listed.decode(errors="replace").split("\0") if path)
    approvers = tuple(options.approved_by) if options.approved_by is not None else None
    asked = Asked(base, head, changed, options.author, approvers)
    word = options.host_verification
    tree = GitTree(git) if word is None else HostVerified(git, head, word)
    finding = check_promotion(tree, asked, now())
    if options.markdown:
        sys.stdout.write(finding.markdown())
    else:
        for line in (*finding.problems, *finding.remarks):
            _say(line)
    return FAILED if finding.problems else DONE


def plan(options: argparse.Namespace) -> int:
    forge = _proposed(options)
    if getattr(options, "from_git", False):
        plans = _plans(_built(forge, RecordedRuntime(forge), options), options)
    else:
        with _runtime(options) as runtime:
            plans = _plans(_built(forge, runtime, options), options)
    changes = [change(forge, *target, decided) for target, decided in plans.items()]
    if options.json:
        _say(json.dumps([one.to_dict() for one in changes], indent=2))
    elif options.markdown:
        _say(markdown(changes))
    else:
        for one in changes:
            _say(one.text())
    return _code([decided.outcome for decided in plans.values()])


def _plans(reconciler: Reconciler, options: argparse.Namespace) -> dict[Target, Plan]:
    return {target: reconciler.plan(*target) for target in _chosen(reconciler, options)}


def status(options: argparse.Namespace) -> int:
    records = [
        one
        for one in _forge(options).records()
        if options.environment in (None, one.environment) and options.model in (None, one.model)
    ]
    if options.json:
        _say(json.dumps([_standing(one) for one in records], indent=2))
    else:
        for one in records:
            told = ", ".join(f"{c.type}={c.status}" for c in one.conditions)
            end = f"; {_told(one.outcome)}" if one.outcome else ""
            _say(f"{one.environment}/{one.model}: {told or 'never looked at'}{end}")
    return _code([one.outcome for one in records])


def _standing(record: DeploymentRecord) -> dict[str, Any]:
    return {
        "environment": record.environment,
        "model": record.model,
        "conditions": [one.to_dict() for one in record.conditions],
        "retries": record.retries,
        "retry_at": record.retry_at or None,
    }


def reconcile(options: argparse.Namespace) -> int:
    if options.dry_run:
        return plan(options)
    if options.watch:
        return watch(options)
    outcomes: list[Outcome | None] = []
    with _runtime(options) as runtime:
        reconciler = _built(_forge(options), runtime, options)
        for target in _chosen(reconciler, options):
            report = reconciler.reconcile(*target)
            _say_report(report)
            outcomes.append(report.outcome)
    return _code(outcomes)


def watch(options: argparse.Namespace) -> int:
    forge = _forge(options)
    with suppress(ForgeUnavailable):
        forge.head()
    with told_by_signals() as stop, _runtime(options) as runtime:
        habits = {"on_act": stop.heed, "lock_timeout": TURN}
        patience = Patience(options.timeout, pause=stop.pause)
        Watch(
            _built(forge, runtime, options, patience=patience, **habits),
            stop,
            _say_report,
            _complain,
            wanted=lambda target: _is_chosen(target, options),
            pace=_pace(options),
        ).run()
    _say("told to end")
    return DONE


def _parser() -> argparse.ArgumentParser:
    return parser(__doc__, RUNS)


RUNS: Mapping[str, Run] = {
    "validate": validate,
    "check-promotion": promotion,
    "plan": plan,
    "reconcile": reconcile,
    "status": status,
}


def _runtime(options: argparse.Namespace) -> ServeRuntime:
    return ServeRuntime(options.api, options.endpoint, os.environ.get(RAY_TOKEN) or None)


def _built(
    forge: Forge, runtime: Runtime, options: argparse.Namespace, **habits: Any
) -> Reconciler:
    lock = lock_beside(place_of(options.repository, _home()))
    wanted = {"patience": Patience(options.timeout), "pace": _pace(options), **habits}
    tell = build_tell(_home(), os.environ.get(NOTIFY_URLS, ""))
    return Reconciler(forge, runtime, None, lock, tell=tell, **wanted)


def _pace(options: argparse.Namespace) -> Pace:
    given = {name: getattr(options, name, None) for name in ("interval", "retry_interval")}
    return DEFAULT_PACE.model_copy(update={key: one for key, one in given.items() if one})


def _forge(options: argparse.Namespace) -> Forge:
    return open_forge(options.repository, _home(), Access.from_environment(os.environ))


def _proposed(options: argparse.Namespace) -> Forge:
    revision = getattr(options, "revision", None)
    if not revision:
        return _forge(options)
    if kind_of(options.repository) != "local":
        raise AddressRefused(
            options.repository, "a path of this machine, since --revision is given"
        )
    signing = Access.from_environment(os.environ).signing
    return ProposedForge(Path(options.repository), revision, signing)


def _home() -> Path:
    return Path(os.environ.get("SLIPWAY_HOME") or ".slipway")


def _chosen(reconciler: Reconciler, options: argparse.Namespace) -> list[Target]:
    return [target for target in reconciler.targets() if _is_chosen(target, options)]


def _is_chosen(target: Target, options: argparse.Namespace) -> bool:
    environment, model = target
    return options.environment in (None, environment) and options.model in (None, model)


def _say_report(report: Report) -> None:
    acts = f" after {', '.join(report.acts)}" if report.acts else ""
    _say(f"{report.environment}/{report.model}: {_told(report.outcome)}{acts}")


def _told(outcome: Outcome) -> str:
    return f"{kind(outcome)} ({outcome.reason}): {outcome.message}"


def _code(outcomes: Sequence[Outcome | None]) -> int:
    if any(isinstance(outcome, Blocked) for outcome in outcomes):
        return FAILED
    settled = all(isinstance(outcome, Settled) for outcome in outcomes)
    return DONE if settled else NOT_YET


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _complain(error: GitopsError) -> None:
    sys.stderr.write(f"{error}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
