"""Check desired state, say what would be done, or do it; needs neither Dagster nor Ray.

exit codes:
  0  validate: every file can be used; check-promotion: it may be merged;
     plan, status, reconcile: everything is settled
  1  validate: a file cannot be used; check-promotion: it may not be merged, the sentences say why;
     plan, status, reconcile: a person must act, or the repository is out
  2  wrong use
  3  plan, status, reconcile: not settled yet; the same command may do more later
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gitops.check_promotion import Asked, check_promotion
from gitops.choose import Access, open_forge, place_of
from gitops.conditions import Blocked, Outcome, Settled, kind
from gitops.errors import GitopsError
from gitops.forge import Forge
from gitops.git_tree import GitTree
from gitops.holds import now
from gitops.lock import lock_beside
from gitops.plan_report import change, markdown
from gitops.plumbing import Git
from gitops.readiness import Patience
from gitops.reconcile import Reconciler
from gitops.record import DeploymentRecord
from gitops.serve_runtime import ServeRuntime
from gitops.validate import files_of_folder, files_of_revision, problems

DONE, FAILED, NOT_YET = 0, 1, 3
TOKEN = "SLIPWAY_RAY_TOKEN"  # noqa: S105 -- the name of the variable


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except GitopsError as error:
        sys.stderr.write(f"{error}\n")
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
    git = Git(Path(options.git_dir))
    base = git.text("merge-base", git.resolve(options.base), git.resolve(options.head))
    head = git.resolve(options.head)
    listed = git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, head)
    changed = tuple(path for path in listed.decode(errors="replace").split("\0") if path)
    approvers = tuple(options.approved_by) if options.approved_by is not None else None
    asked = Asked(base, head, changed, options.author, approvers)
    finding = check_promotion(GitTree(git), asked, now())
    if options.markdown:
        sys.stdout.write(finding.markdown())
    else:
        for line in (*finding.problems, *finding.remarks):
            _say(line)
    return FAILED if finding.problems else DONE


def plan(options: argparse.Namespace) -> int:
    reconciler, runtime = _reconciler(options)
    with runtime:
        chosen = _chosen(reconciler, options)
        plans = {target: reconciler.plan(*target) for target in chosen}
    forge = _forge(options)
    changes = [change(forge, *target, decided) for target, decided in plans.items()]
    if options.json:
        _say(json.dumps([one.to_dict() for one in changes], indent=2))
    elif options.markdown:
        _say(markdown(changes))
    else:
        for one in changes:
            _say(one.text())
    return _code([decided.outcome for decided in plans.values()])


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
    reconciler, runtime = _reconciler(options)
    outcomes: list[Outcome | None] = []
    with runtime:
        for environment, model in _chosen(reconciler, options):
            report = reconciler.reconcile(environment, model)
            acts = f" after {', '.join(report.acts)}" if report.acts else ""
            _say(f"{environment}/{model}: {_told(report.outcome)}{acts}")
            outcomes.append(report.outcome)
    return _code(outcomes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gitops",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True)
    check = verbs.add_parser("validate", help="check every file under gitops/")
    check.add_argument("folder", type=Path, nargs="?", default=Path(), help="a checkout")
    check.add_argument("--repository", help="a repository instead of a checkout")
    check.add_argument("--revision", help="its commit; main's head if not given")
    check.set_defaults(run=validate)
    _add_promotion(verbs.add_parser("check-promotion", help="check what a pull request changes"))
    say = verbs.add_parser("plan", help="say what would be done, change nothing")
    do = verbs.add_parser("reconcile", help="make the running system what git says")
    do.add_argument("--dry-run", action="store_true", help="the same as plan")
    for verb, run in ((say, plan), (do, reconcile)):
        _add_addresses(verb)
        verb.add_argument("--json", action="store_true", help="the plan for programs")
        verb.add_argument("--markdown", action="store_true", help="the plan as a table")
        verb.set_defaults(run=run)
    stand = verbs.add_parser("status", help="say how the last passes ended, ask nobody else")
    stand.add_argument("--json", action="store_true", help="conditions for programs")
    _add_choice(stand)
    stand.set_defaults(run=status)
    return parser


def _add_promotion(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--base", required=True, help="the commit or branch it is to be merged into")
    verb.add_argument("--head", required=True, help="its own commit")
    verb.add_argument("--git-dir", default=".git", help="the repository; default .git")
    verb.add_argument("--author", default="", help="who opened it")
    verb.add_argument(
        "--approved-by", nargs="*", metavar="NAME", help="who approved; not given: not looked at"
    )
    verb.add_argument("--markdown", action="store_true", help="as a comment for the page")
    verb.set_defaults(run=promotion)


def _add_addresses(verb: argparse.ArgumentParser) -> None:
    verb.epilog = (
        f"The environment variable {TOKEN} holds Ray's token, if Ray asks for one, "
        "SLIPWAY_GITOPS_TOKEN that of the git host."
    )
    _add_choice(verb)
    verb.add_argument("--api", default="http://127.0.0.1:8265", help="Ray's dashboard")
    verb.add_argument("--endpoint", default="http://127.0.0.1:8000", help="Serve's HTTP proxy")
    verb.add_argument("--timeout", type=float, default=120.0, help="seconds to become healthy")


def _add_choice(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--repository", required=True, help="the GitOps repository: path or address")
    verb.add_argument("--environment", help="only this environment")
    verb.add_argument("--model", help="only this model")


def _reconciler(options: argparse.Namespace) -> tuple[Reconciler, ServeRuntime]:
    runtime = ServeRuntime(options.api, options.endpoint, os.environ.get(TOKEN) or None)
    lock = lock_beside(place_of(options.repository, _home()))
    patience = Patience(timeout=options.timeout)
    return Reconciler(_forge(options), runtime, None, lock, patience=patience), runtime


def _forge(options: argparse.Namespace) -> Forge:
    return open_forge(options.repository, _home(), Access.from_environment(os.environ))


def _home() -> Path:
    return Path(os.environ.get("SLIPWAY_HOME") or ".slipway")


def _chosen(reconciler: Reconciler, options: argparse.Namespace) -> list[tuple[str, str]]:
    return [
        (environment, model)
        for environment, model in reconciler.targets()
        if options.environment in (None, environment) and options.model in (None, model)
    ]


def _told(outcome: Outcome) -> str:
    return f"{kind(outcome)} ({outcome.reason}): {outcome.message}"


def _code(outcomes: Sequence[Outcome | None]) -> int:
    if any(isinstance(outcome, Blocked) for outcome in outcomes):
        return FAILED
    settled = all(isinstance(outcome, Settled) for outcome in outcomes)
    return DONE if settled else NOT_YET


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
