"""Who vouches for a bundle: an Ed25519 signature of its digest, in a file beside the manifest.

The signature is no part of what is digested, so a bundle can be signed, and signed again with
another key, without becoming another bundle. Signing and checking need no network.
"""

import base64
import binascii
import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from serving.errors import BundleMissing, Unsigned, WronglySigned
from serving.manifest import SEAL

_KEY_BYTES = 32
SEAL_LIMIT = 1024
# What is signed cannot be taken for a signature made for another purpose.
_PURPOSE = "slipway bundle v1 "


def seal(folder: Path, digest: str, key: Ed25519PrivateKey) -> None:
    """Sign the bundle in `folder`, which must have been opened by this digest.

    The file appears whole, in the place of an older one; the same key signs the same way again.

    Raises
    ------
    BundleMissing
        If there is no such folder.
    """
    if not folder.is_dir():
        raise BundleMissing(folder)
    line = base64.b64encode(key.sign(_message(digest))) + b"\n"
    handle, made = tempfile.mkstemp(prefix=".sealing-", dir=folder.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        Path(made).chmod(0o644)
        Path(made).replace(folder / SEAL)
    finally:
        Path(made).unlink(missing_ok=True)


def check_seal(folder: Path, digest: str, keys: Sequence[Ed25519PublicKey]) -> None:
    """Make sure that one of the keys signed this digest.

    Raises
    ------
    Unsigned
        If there is no signature.
    WronglySigned
        If there is one, but by none of the keys or for another bundle.
    """
    signature = _read(folder / SEAL)
    for key in keys:
        try:
            key.verify(signature, _message(digest))
        except InvalidSignature:
            continue
        return
    raise WronglySigned(folder / SEAL, "no signature of this digest", map(name_of, keys))


def private_key(text: str) -> Ed25519PrivateKey:
    """Read a key from PEM, or from its 32 bytes in base64; ValueError, without the key, if it is
    neither.
    """
    if "-----BEGIN" not in text:
        return Ed25519PrivateKey.from_private_bytes(_key_bytes(text))
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("got PEM that is no Ed25519 key without a password")  # noqa: TRY004 - the text is wrong, not its type
    return key


def public_keys(text: str) -> tuple[Ed25519PublicKey, ...]:
    """Read keys of 32 bytes in base64, commas between; ValueError for anything else."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    return tuple(Ed25519PublicKey.from_public_bytes(_key_bytes(word)) for word in words)


def name_of(key: Ed25519PublicKey) -> str:
    """The public key as settings hold it."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def _message(digest: str) -> bytes:
    return f"{_PURPOSE}{digest}".encode()


def _key_bytes(text: str) -> bytes:
    try:
        data = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != _KEY_BYTES:
        raise ValueError("got no Ed25519 key, expected 32 bytes in base64")
    return data


def _read(path: Path) -> bytes:
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > SEAL_LIMIT:
            raise WronglySigned(path, "no regular file of one line", ())
        return base64.b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError as error:
        raise Unsigned(path) from error
    except (binascii.Error, ValueError) as error:
        raise WronglySigned(path, "no base64", ()) from error
