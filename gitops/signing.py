"""How commits are signed, and whose signatures count: ssh keys, as git itself knows them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

KEY, SIGNERS = "SLIPWAY_GITOPS_SIGNING_KEY_FILE", "SLIPWAY_GITOPS_SIGNERS_FILE"
# Only ssh signatures are looked at: a key ring of whoever runs this decides nothing.
_SSH_ALONE = ("-c", "gpg.program=false", "-c", "gpg.x509.program=false")


@dataclass(frozen=True)
class Signature:
    """What a commit's signature is worth; `problem` is empty if it is good, and `signer` is not."""

    signer: str = ""
    problem: str = ""

    @property
    def good(self) -> bool:
        return not self.problem


@dataclass(frozen=True)
class Signing:
    """The private key of Slipway's own commits, as text or file, and the file of allowed signers.

    The key is one of OpenSSH without a passphrase. The file is what `man ssh-keygen` describes
    under ALLOWED SIGNERS; without it no signature counts.
    """

    key: SecretStr | None = None
    key_file: Path | None = None
    signers: Path | None = None

    @property
    def signs(self) -> bool:
        return bool(self.key or self.key_file)

    @contextmanager
    def options(self) -> Iterator[tuple[str, ...]]:
        """The options of git that sign what it commits; none without a key."""
        if self.key_file:
            yield _with_key(self.key_file.absolute())
        elif self.key:
            with tempfile.TemporaryDirectory(prefix="slipway-key-") as folder:
                yield _with_key(_written(Path(folder) / "key", self.key))
        else:
            yield ()

    def judging(self) -> tuple[str, ...]:
        """The options of git that judge a signature by the file of allowed signers."""
        return (*_SSH_ALONE, "-c", f"gpg.ssh.allowedSignersFile={self.signers or os.devnull}")


def told(code: str, signer: str, fingerprint: str) -> Signature:
    """What git's letter for a signature (`%G?`) means for us."""
    if code == "G" and signer:
        return Signature(signer)
    if code == "N":
        return Signature(problem="carries no signature")
    by = f" ({fingerprint})" if fingerprint else ""
    return Signature(problem=f"carries no good signature of an allowed signer{by}")


def by_host(word: str, signer: str) -> Signature:
    """What a git host's word for a signature means: `valid`, or why it has not verified it."""
    if word == "valid":
        return Signature(signer)
    why = word.replace("_", " ") or "it does not say why"
    return Signature(problem=f"is not verified by the git host ({why})")


def _with_key(file: Path) -> tuple[str, ...]:
    return ("-c", "gpg.format=ssh", "-c", f"user.signingKey={file}")


def _written(file: Path, key: SecretStr) -> Path:
    # A variable may carry the line breaks escaped, and ssh-keygen wants the last one.
    text = key.get_secret_value().replace("\\n", "\n").strip() + "\n"
    file.touch(mode=0o600)
    file.write_text(text)
    return file
