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


def compose(subject: str, body: str, trailers: Mapping[str, str]) -> str:
    """A message of three paragraphs; `body` may be empty.

    Line breaks in trailers become spaces; a trailer without a value is left out.
    """
    plain = {key: " ".join(value.split()) for key, value in trailers.items()}
    lines = "\n".join(f"{key}: {value}" for key, value in plain.items() if value)
    return "\n\n".join(part for part in (subject, body.strip(), lines) if part) + "\n"


def add_trailers(message: str, trailers: Mapping[str, str]) -> str:
    """The message with more trailers; one of the same key is replaced."""
    present = read_trailers(message)
    text = message.strip()
    subject, _, body = (text.rpartition("\n\n")[0] if present else text).partition("\n\n")
    return compose(subject, body, {**present, **trailers})
