"""`slipway keys`: a pair of keys for signing bundles, and signatures for bundles that are there."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from platform_assets.cli.console import out
from platform_assets.cli.errors import KeyNotWritten, NoSigningKey
from resources.artifacts import Artifacts
from resources.keys import signing_key
from resources.settings import load_settings
from serving.bundle import open_bundle
from serving.seal import name_of, seal


def new(file: Path) -> None:
    """Write a private key that nobody else may read, and print the public one.

    Raises
    ------
    KeyNotWritten
        If the file is there already, or its folder is not.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyNotWritten(file, error.strerror) from error
    with os.fdopen(handle, "wb") as written:
        written.write(pem)
    out(f"private key: {file} (sign with it: SLIPWAY_SIGNING_KEY_FILE={file.absolute()})")
    out(f"public key: {name_of(key.public_key())} (ask for it: SLIPWAY_BUNDLE_PUBLIC_KEY)")


def sign() -> None:
    """Open every stored bundle and sign it; the same key again changes nothing.

    Raises
    ------
    NoSigningKey
        If no key is set.
    BundleError
        For a bundle that is damaged, which is not signed.
    """
    settings = load_settings()
    key = signing_key(settings)
    if key is None:
        raise NoSigningKey
    bundles = Artifacts(settings.artifacts).all_bundles()
    for _, digest, folder in bundles:
        seal(open_bundle(folder, digest).folder, digest, key)
    out(f"{len(bundles)} bundles signed by {name_of(key.public_key())}")
