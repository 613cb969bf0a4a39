"""Bundles where a manifest says that they are: in a folder, or on `s3://` behind a cache.

What comes from a bucket is fetched by its digest, so it does not matter who can write there: a
byte that is not the one that was judged is refused before it is parsed. The cache is a folder that
may be deleted at any time, and that no process trusts: each opening verifies every byte again.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from serving.bucket import SCHEME, Bucket
from serving.bundle import MANIFEST_LIMIT, Bundle, open_bundle, write_folder
from serving.errors import (
    BundleError,
    BundleMissing,
    CorruptFile,
    DigestMismatch,
    UnsupportedScheme,
)
from serving.manifest import MANIFEST, SEAL, digest_of, parse_manifest
from serving.seal import SEAL_LIMIT

# What nobody has opened for so long goes when the next bundle comes.
KEPT_SECONDS = 30 * 24 * 3600.0
_IN_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9!_.*'()-]+)+")


def check_address(uri: str) -> None:
    """UnsupportedScheme for what is neither a folder of this machine nor a place in a bucket."""
    if uri.startswith(SCHEME):
        if not _IN_BUCKET.fullmatch(uri) or {".", ".."} & set(uri.split("/")):
            raise UnsupportedScheme(uri)
    elif not uri.startswith(("file:///", "file://localhost/")) or "?" in uri or "#" in uri:
        raise UnsupportedScheme(uri)


def open_stored(
    uri: str, digest: str, cache: Path, keys: Sequence[Ed25519PublicKey] = ()
) -> Bundle:
    """Open the bundle at an address, as `serving.bundle.open_bundle` does.

    One in a bucket is kept in `cache`. What is there and cannot be opened, be it damaged or without
    a signature that the bucket has by now, is fetched anew.

    Raises
    ------
    UnsupportedScheme
        For any other address.
    BundleError
        BundleUnreachable if the bucket cannot be read; else one leaf per reason.
    """
    check_address(uri)
    if not uri.startswith(SCHEME):
        return open_bundle(Path(unquote(urlsplit(uri).path)), digest, keys)
    folder = cache / digest.removeprefix("sha256:")
    if folder.exists():
        with suppress(BundleError, FileNotFoundError):
            found = open_bundle(folder, digest, keys)
            os.utime(folder)
            return found
        discard(folder)
    _fetch(Bucket(uri), uri, digest, folder)
    return open_bundle(folder, digest, keys)


def default_cache() -> Path:
    """Where bundles of buckets are kept unless somebody says otherwise."""
    return Path(tempfile.gettempdir()) / f"slipway-{os.getuid()}" / "bundles"


def discard(folder: Path) -> None:
    """Take a folder away in one step; whoever opens it meanwhile finds it whole or not at all."""
    with suppress(FileNotFoundError):
        gone = folder.rename(Path(tempfile.mkdtemp(prefix=".removed-", dir=folder.parent)) / "it")
        shutil.rmtree(gone.parent, ignore_errors=True)


def _fetch(bucket: Bucket, uri: str, digest: str, folder: Path) -> None:
    """Bring a bundle into `folder`, whole or not at all."""
    raw = bucket.read(MANIFEST, MANIFEST_LIMIT)
    if raw is None:
        raise BundleMissing(f"{uri}/{MANIFEST}")
    if digest_of(raw) != digest:
        raise DigestMismatch(f"{uri}/{MANIFEST}", digest_of(raw), digest)
    files = {MANIFEST: raw}
    for name, entry in parse_manifest(raw).files.items():
        content = bucket.read(name, entry.bytes)
        if content is None:
            raise BundleMissing(f"{uri}/{name}")
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise CorruptFile(f"{uri}/{name}", "other bytes", f"sha256:{entry.sha256}")
        files[name] = content
    signature = bucket.read(SEAL, SEAL_LIMIT)
    _make_room(folder.parent)
    write_folder(folder, files if signature is None else {**files, SEAL: signature})


def _make_room(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one in cache.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - one.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(one, ignore_errors=True)
