"""The keys that sign bundles and that signatures are checked with, from the settings."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from resources.errors import SettingsError
from resources.settings import Settings
from serving.seal import private_key, public_keys


def signing_key(settings: Settings) -> Ed25519PrivateKey | None:
    """The key that new bundles are signed with, if there is one.

    Raises
    ------
    SettingsError
        If the key cannot be read; the message does not hold it.
    """
    name, text = "SLIPWAY_SIGNING_KEY", None
    if settings.signing_key is not None:
        text = settings.signing_key.get_secret_value()
    elif settings.signing_key_file is not None:
        name = "SLIPWAY_SIGNING_KEY_FILE"
        try:
            text = settings.signing_key_file.expanduser().read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}: {settings.signing_key_file} cannot be read") from error
    if text is None:
        return None
    try:
        return private_key(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}; make one: slipway keys new FILE") from error


def accepted_keys(settings: Settings) -> tuple[Ed25519PublicKey, ...]:
    """The keys of which one must have signed a bundle; empty if none is asked for.

    Raises
    ------
    SettingsError
        If one of them is no key.
    """
    try:
        return public_keys(settings.bundle_public_key)
    except ValueError as error:
        raise SettingsError(
            f"SLIPWAY_BUNDLE_PUBLIC_KEY: {error}, got {settings.bundle_public_key!r}"
        ) from error
