from collections.abc import Iterator

from gitops import errors
from gitops.errors import GitopsError


def drawn() -> list[tuple[str, str]]:
    """Each exception of the drawing with the one it hangs below."""
    above: list[str] = []
    found = []
    for line in (errors.__doc__ or "").splitlines():
        name = next(iter(line.lstrip("│├└─ ").split()), "")
        if isinstance(getattr(errors, name, None), type):
            depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
            above = [*above[:depth], name]
            found.append((name, above[depth - 1] if depth else "Exception"))
    return found


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for one in kind.__subclasses__():
        yield from below(one)


def test_the_tree_is_drawn_as_it_is() -> None:
    ours = [one for one in below(GitopsError) if one.__module__.startswith("gitops.errors.")]

    assert sorted(drawn()) == sorted((one.__name__, one.__bases__[0].__name__) for one in ours)
