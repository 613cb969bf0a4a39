"""The environments a command may name."""

import typer

from gitops.forge import Forge
from gitops.policy import load_policy


def require_environment(forge: Forge, name: str | None) -> None:
    """BadParameter, which is wrong use, unless the policy knows the environment; None is all."""
    known = load_policy(forge, forge.head()).names if name is not None else []
    if name is not None and name not in known:
        raise typer.BadParameter(f"no environment {name!r}; known: {', '.join(known)}")
