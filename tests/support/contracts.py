"""Where the outside world's own descriptions lie, which are data beside the repository."""

from pathlib import Path


def find_contract(name: str) -> Path | None:
    """A file of `shared/contracts` in a folder above this checkout; None if there is none."""
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "contracts" / name
        if found.is_file():
            return found
    return None
