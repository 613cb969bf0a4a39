"""Names for exact inputs, so that work done once is recognised and not done again."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def fingerprint(**parts: Any) -> str:
    """64 hex digits that change when any part does; parts must be plain JSON values."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_files(files: Iterable[Path]) -> str:
    """64 hex digits over names and contents, whatever the order the files come in."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
