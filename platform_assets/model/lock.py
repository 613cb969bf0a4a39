"""What a model was trained with beside its own folder: the locked libraries and this program."""

from platform_assets.identity import digest_of_files
from resources.settings import CHECKOUT

PROGRAM = ("ml", "model", "spec")


def lock_digest() -> str:
    """SHA-256 over `requirements.lock`, as 64 hex digits."""
    return digest_of_files([CHECKOUT / "requirements.lock"])


def program_digest() -> str:
    """SHA-256 over the modules that train, export and judge, as 64 hex digits."""
    folders = (CHECKOUT / "platform_assets" / name for name in PROGRAM)
    return digest_of_files(file for folder in folders for file in folder.rglob("*.py"))
