"""What a pass works with: all that it can reach, and what it has done and seen so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from gitops.conditions import Verdict
from gitops.forge import Forge
from gitops.holds import Clock
from gitops.known import Act
from gitops.notify import Tell, silent
from gitops.readiness import Patience
from gitops.runtime import Runtime, Verifier
from gitops.stepping import Analysis, Replayer


@dataclass(frozen=True)
class Outside:
    """Everything a pass can reach.

    `restore_verifier` judges what was restored. `on_act` hears `before:<act>` and `after:<act>`.
    """

    forge: Forge
    runtime: Runtime
    verifier: Verifier | None
    restore_verifier: Verifier | None
    patience: Patience
    clock: Clock
    on_act: Callable[[str], None]
    tell: Tell = silent
    replayer: Replayer | None = None


@dataclass
class Progress:
    """What a pass has done and seen so far; `told` is when the system was last told to change."""

    done: list[Act] = field(default_factory=list)
    drift: str = ""
    told: datetime | None = None
    analyses: list[Analysis] = field(default_factory=list)
    verdicts: tuple[Verdict, ...] = ()
    restored_verdicts: tuple[Verdict, ...] = ()
    reverted: str | None = None
    reverted_to: str | None = None
