"""The locked environment that a model was trained in."""

from platform_assets.identity import digest_of_files
from resources.settings import CHECKOUT


def lock_digest() -> str:
    """SHA-256 over `requirements.lock`, as 64 hex digits."""
    return digest_of_files([CHECKOUT / "requirements.lock"])
