"""Real ssh keys: who may sign commits, who may not, and a repository whose policy asks for it."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitops.git_tree import MAIN
from gitops.local_forge import LocalForge
from gitops.plumbing import Git, RefUpdate
from gitops.policy import POLICY_PATH
from gitops.signing import Signing

WANTED = """
environments:
  - {name: staging, approval: auto, signed_commits: true}
  - {name: production, approval: review, requires: [staging], signed_commits: true}
"""


@dataclass(frozen=True)
class Signers:
    """Keys in a folder: `slipway` and `ann` are in the file of allowed signers, `eve` is not."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Signers":
        made = cls(folder)
        for name in ("slipway", "ann", "eve"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name]
            subprocess.run([*command, "-f", str(made.key(name))], check=True)
        lines = (f"{name} {made.public(name)}" for name in ("slipway", "ann"))
        made.allowed.write_text("".join(lines))
        return made

    @property
    def allowed(self) -> Path:
        return self.folder / "allowed_signers"

    def key(self, name: str) -> Path:
        return self.folder / name

    def public(self, name: str) -> str:
        return self.key(name).with_suffix(".pub").read_text()

    def signing(self, name: str = "slipway") -> Signing:
        return Signing(key_file=self.key(name), signers=self.allowed)

    @property
    def judging(self) -> Signing:
        """Knows who may sign, and cannot sign itself."""
        return Signing(signers=self.allowed)

    def forge(self, place: Path) -> LocalForge:
        """A repository whose policy asks for signatures, and a platform that can give them."""
        return LocalForge.create(place, {POLICY_PATH: WANTED}, self.signing())

    def push(
        self, forge: LocalForge, changes: Mapping[str, str | None], by: str | None = None
    ) -> str:
        """Commit to main past the platform, as somebody who pushes; unsigned without a name."""
        head = forge.head()
        return self.push_onto(forge, [head], changes, by)

    def push_onto(
        self,
        forge: LocalForge,
        parents: Sequence[str],
        changes: Mapping[str, str | None],
        by: str | None = None,
    ) -> str:
        """The same with a commit that has these parents, and the files of the first."""
        git = Git(forge.path, self.signing(by) if by else None)
        commit = git.commit_tree(git.write_tree(parents[0], changes), parents, "By hand")
        git.update_refs([RefUpdate(MAIN, commit, forge.head())])
        return commit
