"""Whether the libraries at hand are those that a lock file names."""

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import InvalidRequirement, Requirement

Installed = Callable[[str], str | None]


def installed(name: str) -> str | None:
    """The version of a library in this environment; None if it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def differences(lock: str, found: Installed = installed) -> list[str]:
    """One phrase for each locked library that is missing here or has another version."""
    pinned = ((one, next(iter(one.specifier)).version) for one in _pins(lock))
    return [
        f"{one.name} is {found(one.name) or 'missing'}, locked {wanted}"
        for one, wanted in pinned
        if found(one.name) != wanted
    ]


def _pins(lock: str) -> Iterator[Requirement]:
    """The `name==version` lines whose marker holds here."""
    for line in lock.splitlines():
        text = line.partition(" \\")[0].strip()
        if "==" not in text or line[:1] in ("#", " "):
            continue
        try:
            one = Requirement(text)
        except InvalidRequirement:
            continue
        if one.marker is None or one.marker.evaluate():
            yield one
