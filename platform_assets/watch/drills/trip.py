"""What a rollback drill changes in git: back to the version before, forth again, and as it was.

The version that was live at the beginning is what git says at the end, unless somebody else's
change came in between, which stays.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from gitops.errors import NotHeld, NothingToRestore
from gitops.forge import Forge
from gitops.holds import held, lift, read_holds
from gitops.manifest import manifest_path
from gitops.record import DeploymentRecord, Proof
from gitops.rollback import REVERTS, digest_at, is_restore, rollback
from platform_assets.errors import DrillFailed

REASON = "rollback drill"


@dataclass(frozen=True)
class Ground:
    """A model in an environment, and who practises there."""

    forge: Forge
    environment: str
    model: str
    by: str

    def digest(self) -> str | None:
        """What git names now."""
        return digest_at(self.forge, self.environment, self.model, self.forge.head())

    def go_to(self, revision: str) -> None:
        """Name again what a revision named, and hold what is named now."""
        rollback(self.forge, self.environment, self.model, REASON, self.by, revision)

    def let_go(self, digest: str) -> None:
        """Lift the hold that a drill set; one with another reason is somebody's, and stays."""
        holds = read_holds(self.forge, self.environment, self.model, self.forge.head())
        hold = held(holds, digest)
        if hold and hold.reason == REASON:
            with suppress(NotHeld):
                lift(self.forge, self.environment, self.model, digest, self.by)


@dataclass(frozen=True)
class Trip:
    """From what is live, a digest that `revision` named, to `before` and from there back to it."""

    ground: Ground
    live: str
    revision: str
    before: Proof

    @classmethod
    def planned(cls, ground: Ground) -> Self:
        """The trip that is possible now; what a drill left that was killed is put right first.

        Raises
        ------
        DrillFailed
            If nothing healthy is live.
        NothingToRestore
            If no other version was healthy here that is not held.
        """
        _finish(ground)
        record, revision = _healthy(ground)
        return cls(ground, record.digest, revision, _before(ground.forge, record))

    def back(self) -> str:
        """Commit the way back; the digest that is now to be live."""
        self.ground.go_to(self.before.revision)
        return self.before.digest

    def forth(self) -> str:
        """Commit the way forth; DrillFailed if somebody else's change came meanwhile."""
        if self.ground.digest() != self.before.digest:
            stays = "another change came meanwhile, and stays"
            raise DrillFailed(self.ground.model, "rollback", stays)
        self.ground.let_go(self.live)
        self.ground.go_to(self.revision)
        return self.live

    def leave_as_it_was(self) -> None:
        """Go forth where that was not done yet, and hold nothing for the drill."""
        if self.ground.digest() == self.before.digest:
            self.forth()
        for one in (self.live, self.before.digest):
            self.ground.let_go(one)


def _finish(ground: Ground) -> None:
    """What a drill left that was killed: its holds, and a way back that no way forth followed."""
    forge, environment, model = ground.forge, ground.environment, ground.model
    head = forge.head()
    holds = read_holds(forge, environment, model, head)
    ours = [one.digest for one in holds if one.reason == REASON]
    for one in ours:
        ground.let_go(one)
    last = forge.last_change(manifest_path(environment, model), head)
    if last is None or not is_restore(last):
        return
    revision, present = last.trailers[REVERTS], digest_at(forge, environment, model, head)
    if digest_at(forge, environment, model, revision) in ours:
        ground.go_to(revision)
        ground.let_go(present)


def _healthy(ground: Ground) -> tuple[DeploymentRecord, str]:
    """The record of what is live and its revision, if healthy, what git names, and not held."""
    forge, environment, model = ground.forge, ground.environment, ground.model
    record, head = forge.read_record(environment, model), forge.head()
    if record is None or not record.healthy or not record.digest:
        raise DrillFailed(model, "rollback", f"nothing healthy is live in {environment}")
    if digest_at(forge, environment, model, head) != record.digest:
        raise DrillFailed(model, "rollback", f"{environment} is on its way to another version")
    hold = held(read_holds(forge, environment, model, head), record.digest)
    if hold:
        raise DrillFailed(model, "rollback", f"what is live is held: {hold.reason}")
    return record, record.healthy


def _before(forge: Forge, record: DeploymentRecord) -> Proof:
    """The newest version but the live one that was proven here and is not held."""
    holds = read_holds(forge, record.environment, record.model, forge.head())
    for proof in reversed(record.proofs):
        if proof.digest not in ("", record.digest) and not held(holds, proof.digest):
            return proof
    raise NothingToRestore(
        record.environment, record.model, "nothing else was healthy here that is not held"
    )
