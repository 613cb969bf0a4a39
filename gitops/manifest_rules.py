"""What the fields of a manifest may hold; the first that holds something else is named."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Fields: TypeAlias = Mapping[str, Any]
Problem: TypeAlias = tuple[str, Any, str]

# KubeRay appends to a service's name, and what comes of it must fit 63 characters.
LONGEST_APPLICATION = 47
MOST_DEPENDENCIES = 20
NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,39}[a-z0-9])?")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_VERSION = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WORD = re.compile(r"[!-~](?:[ -~]{0,498}[!-~])?")
_URI = re.compile(r"(?:file|s3|gs|https)://[A-Za-z0-9._~/%+=:@-]{1,1000}")
_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]{0,254}")


def first_problem(fields: Fields) -> Problem | None:
    """The first field that may not be as it is: its name, what it holds, what is expected."""
    found = (problem for rule in _RULES for problem in rule(fields))
    return next(found, None)


def application_problem(name: str) -> Problem | None:
    """The same for the name of the application, which is made of two fields."""
    if len(name) <= LONGEST_APPLICATION:
        return None
    expected = f"environment and model in at most {LONGEST_APPLICATION} characters together"
    return "model", name, expected


def _names(fields: Fields) -> Iterator[Problem]:
    for field in ("model", "environment"):
        yield from _text(
            fields, field, NAME, "at most 41 of a-z, 0-9 and '-', from a letter to no hyphen"
        )


def _dependencies(fields: Fields) -> Iterator[Problem]:
    names = fields["depends_on"]
    plain = all(NAME.fullmatch(name) and name != fields["model"] for name in names)
    if not plain or list(names) != sorted(set(names)) or len(names) > MOST_DEPENDENCIES:
        expected = f"at most {MOST_DEPENDENCIES} other models, each once, in order"
        yield "depends_on", names, expected


def _digests(fields: Fields) -> Iterator[Problem]:
    yield from _text(fields, "bundle_digest", DIGEST, "sha256: and 64 hex digits")
    if fields["previous_digest"] is not None:
        yield from _text(fields, "previous_digest", DIGEST, "sha256: and 64 hex digits")
    yield from _text(fields, "bundle_uri", _URI, "a file://, s3://, gs:// or https:// address")
    folders = fields["bundle_uri"].split("/")
    if ".." in folders or folders[-1] != fields["bundle_digest"].removeprefix("sha256:"):
        yield "bundle_uri", fields["bundle_uri"], "a folder named by the bundle digest"


def _words(fields: Fields) -> Iterator[Problem]:
    yield from _text(
        fields, "model_version", _VERSION, "1 to 64 of letters, digits, '.', '_' and '-'"
    )
    for field in ("evaluation_run", "data_version"):
        yield from _text(fields, field, _WORD, "1 to 500 printable ASCII characters")
    yield from _text(fields, "image", _IMAGE, "the name of a container image")


def _sizes(fields: Fields) -> Iterator[Problem]:
    yield from _number(fields, "replicas", 1, 1000)
    yield from _number(fields, "cpus", 0, 1024, whole=False)
    yield from _number(fields, "max_ongoing_requests", 1, 100_000)
    if fields["fault_delay_ms"] is not None:
        yield from _number(fields, "fault_delay_ms", 0, 60_000)


_RULES: tuple[Callable[[Fields], Iterator[Problem]], ...] = (
    _names,
    _dependencies,
    _digests,
    _words,
    _sizes,
)


def _text(fields: Fields, field: str, pattern: re.Pattern[str], expected: str) -> Iterator[Problem]:
    value = fields[field]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        yield field, value, expected


def _number(
    fields: Fields, field: str, low: int, high: int, *, whole: bool = True
) -> Iterator[Problem]:
    value = fields[field]
    number = type(value) is int or (type(value) is float and not whole)
    if not number or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        yield field, value, f"{kind} from {low} to {high}"
