"""What production asks of the code: that everybody can find it again."""

from pathlib import Path

from platform_assets.errors import CodeNotCommitted
from resources.checkout import UNKNOWN, Code, is_commit

NAMED = 3


def require_committed(model: str, digest: str, trained: str, now: Code, root: Path) -> None:
    """Return if a bundle was trained from a commit and is released from one.

    `trained` is the code that the candidate was made from, `now` the code at `root` that releases.

    Raises
    ------
    CodeNotCommitted
        Saying which files stand in the way, or that there is no repository.
    """
    problem = uncommitted(model, trained, now, root)
    if problem:
        raise CodeNotCommitted(model, digest, problem)


def uncommitted(model: str, trained: str, now: Code, root: Path) -> str:
    """What keeps the code from being found again, and what helps; empty if nothing does."""
    if not now.commit:
        return (
            f"the code in {str(root)!r} is in no git repository of its own ({now.problem}), so "
            f"nobody could find it again; run Slipway from a git clone and train there: "
            f"slipway run {model}"
        )
    if now.changed:
        return (
            f"{_files(now.changed)} of {str(root)!r} differ from commit {now.commit[:12]}; "
            f"commit or stash them, then train again: slipway run {model}"
        )
    if not is_commit(trained):
        said = "outside git" if trained == UNKNOWN else f"from {trained!r}"
        return (
            f"it was trained {said} and not from a commit; now that everything is committed, "
            f"let the candidate be found or trained again: slipway run {model}"
        )
    return ""


def _files(changed: tuple[str, ...]) -> str:
    shown = ", ".join(changed[:NAMED])
    more = len(changed) - NAMED
    return f"{shown} and {more} more files" if more > 0 else shown
