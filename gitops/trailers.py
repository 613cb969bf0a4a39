"""Commit messages with `Key: value` lines at their end, as git's own trailers."""

import re
from collections.abc import Mapping

_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.*)")


def read_trailers(message: str) -> dict[str, str]:
    """The trailers of a message: its last paragraph, if each line of it is one."""
    paragraphs = message.strip().split("\n\n")
    lines = paragraphs[-1].splitlines() if len(paragraphs) > 1 else []
    found = [_TRAILER.fullmatch(line) for line in lines]
    return {m[1]: m[2] for m in found if m} if all(found) else {}


def with_trailers(message: str, trailers: Mapping[str, str]) -> str:
    """The message with `trailers` added to those it has; line breaks in values become spaces."""
    present = read_trailers(message)
    text = message.strip()
    if present:
        text = text.rpartition("\n\n")[0]
    merged = {**present, **{key: " ".join(value.split()) for key, value in trailers.items()}}
    lines = "\n".join(f"{key}: {value}" for key, value in merged.items())
    return f"{text}\n\n{lines}\n"
