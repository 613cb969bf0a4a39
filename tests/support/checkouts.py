"""Small git repositories that stand for the checkout a model is trained from."""

import subprocess
from pathlib import Path

from resources.checkout import Checkout

ME = ("-c", "user.name=Ann", "-c", "user.email=ann@localhost", "-c", "commit.gpgsign=false")
FILES = (
    "requirements.lock",
    "platform_assets/ml/training.py",
    "platform_assets/defs/tiny/model.py",
)


def git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *ME, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def committed(root: Path) -> Checkout:
    """A checkout whose every file is committed; the one that is there, if it is."""
    if not root.exists():
        for name in FILES:
            write(root, name, f"# {name}\n")
        git(root, "init", "--quiet")
        commit_all(root)
    return Checkout(root)


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def commit_all(root: Path) -> str:
    """Commit whatever there is; returns the commit."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Change something")
    return git(root, "rev-parse", "HEAD")
