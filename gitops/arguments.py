"""What `python -m gitops` is asked, word by word; what is done about it stands in `__main__`."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from gitops.signing import SIGNERS

RAY_TOKEN = "SLIPWAY_RAY_TOKEN"  # noqa: S105 -- the name of the variable
NOTIFY_URLS = "SLIPWAY_NOTIFY_URLS"
Run = Callable[[argparse.Namespace], int]


def parser(description: str | None, runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """The parser; `runs` gives each verb what it does, which returns the exit code."""
    whole = argparse.ArgumentParser(
        prog="python -m gitops",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = whole.add_subparsers(required=True)
    for name, (help_text, add) in _VERBS.items():
        verb = verbs.add_parser(name, help=help_text)
        add(verb)
        verb.set_defaults(run=runs[name])
    return whole


def _validate(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("folder", type=Path, nargs="?", default=Path(), help="a checkout")
    verb.add_argument("--repository", help="a repository instead of a checkout")
    verb.add_argument("--revision", help="its commit; main's head if not given")


def _check_promotion(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--base", required=True, help="the commit or branch it is to be merged into")
    verb.add_argument("--head", required=True, help="its own commit")
    verb.add_argument("--git-dir", default=".git", help="the repository; default .git")
    verb.add_argument("--author", default="", help="who opened it")
    verb.add_argument(
        "--host-verification",
        metavar="WORD",
        help="what the git host says of the head's signature, `valid` or why not; not given: "
        f"{SIGNERS} says who may sign",
    )
    verb.add_argument(
        "--approved-by", nargs="*", metavar="NAME", help="who approved; not given: not looked at"
    )
    verb.add_argument("--markdown", action="store_true", help="as a comment for the page")


def _plan(verb: argparse.ArgumentParser) -> None:
    _addresses(verb)
    verb.add_argument(
        "--from-git",
        action="store_true",
        help="ask no running system: what was applied last stands for what runs",
    )
    verb.add_argument(
        "--revision", help="as if main stood at this commit of a repository on this machine"
    )
    _form(verb)


def _status(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="conditions for programs")
    _choice(verb)


def _reconcile(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--dry-run", action="store_true", help="the same as plan")
    verb.add_argument(
        "--watch", action="store_true", help="go on until SIGTERM or Ctrl-C, and end between acts"
    )
    policy = "where the policy does not say"
    verb.add_argument(
        "--interval", type=_pause, help=f"seconds between looks at what is settled, {policy}"
    )
    verb.add_argument(
        "--retry-interval",
        type=_pause,
        help=f"seconds before the first retry, doubled for each further one, {policy}",
    )
    _addresses(verb)
    _form(verb)


_VERBS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "validate": ("check every file under gitops/", _validate),
    "check-promotion": ("check what a pull request changes", _check_promotion),
    "plan": ("say what would be done, change nothing", _plan),
    "reconcile": ("make the running system what git says", _reconcile),
    "status": ("say how the last passes ended, ask nobody else", _status),
}


def _form(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="the plan for programs")
    verb.add_argument("--markdown", action="store_true", help="the plan as a table")


def _addresses(verb: argparse.ArgumentParser) -> None:
    verb.epilog = (
        f"Environment variables: {RAY_TOKEN} holds Ray's token, if Ray asks for one, "
        f"SLIPWAY_GITOPS_TOKEN that of the git host, {NOTIFY_URLS} who is told of changes."
    )
    _choice(verb)
    verb.add_argument("--api", default="http://127.0.0.1:8265", help="Ray's dashboard")
    verb.add_argument("--endpoint", default="http://127.0.0.1:8000", help="Serve's HTTP proxy")
    verb.add_argument("--timeout", type=_seconds, default=120.0, help="seconds to become healthy")


def _choice(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--repository", required=True, help="the GitOps repository: path or address")
    verb.add_argument("--environment", help="only this environment")
    verb.add_argument("--model", help="only this model")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is none from 0 to 86400, a day")
    return seconds


def _pause(text: str) -> float:
    seconds = _seconds(text)
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text} is none from 1 to 86400, a day")
    return seconds
