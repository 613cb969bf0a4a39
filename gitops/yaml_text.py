"""YAML as Slipway reads and writes it: one canonical text per document, nothing clever inside."""

from typing import Any

import yaml

MAX_CHARACTERS = 64 * 1024
MAX_DEPTH = 40


class Refused(ValueError):
    """A YAML text that is not read; the message says why."""


class Misfit(ValueError):
    """A document without the value that was looked for."""

    def __init__(self, key: str, got: object, expected: str) -> None:
        super().__init__(f"{key}: got {got!r}, expected {expected}")
        self.key, self.got, self.expected = key, got, expected


class _Loader(yaml.SafeLoader):
    """A safe loader of plain values: no alias (their expansion can grow without bound), no tag, no
    depth, and no key twice (the last would win unseen).
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None):
            sign = "alias *" if isinstance(event, yaml.AliasEvent) else "anchor &"
            raise Refused(f"{sign}{event.anchor}, expected plain values")
        if getattr(event, "tag", None):
            raise Refused(f"tag {event.tag}, expected plain values")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused(f"nesting deeper than {MAX_DEPTH}")
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(node, yaml.MappingNode):
            _refuse_repeated(node)
        return node


def _refuse_repeated(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            raise Refused(f"a key that is no plain value, in line {key.start_mark.line + 1}")
        if (key.tag, key.value) in seen:
            raise Refused(f"the key {key.value!r} stands there twice")
        seen.add((key.tag, key.value))


class _Block(str):
    """Text that is written as a literal block."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 -- PyYAML's signature
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- PyYAML's signature
        return True


def _represent_block(dumper: yaml.SafeDumper, data: _Block) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(data), style="|")


_Dumper.add_representer(_Block, _represent_block)


def block(text: str) -> str:
    """Mark `text` to be written as a literal block (`|`)."""
    return _Block(text)


def dump(document: Any) -> str:
    """The canonical text of a document: keys in the order given, two spaces, no line folding."""
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, width=1_000_000, allow_unicode=False
    )


def load(text: str) -> Any:
    """Read one document of plain values.

    Raises
    ------
    Refused
        Too long, too deep, an anchor or alias, a tag, a key twice, or no YAML at all.
    """
    if len(text) > MAX_CHARACTERS:
        raise Refused(f"{len(text)} characters, at most {MAX_CHARACTERS} are read")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader that refuses more
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Refused(" ".join(str(error).split())) from error


class Reader:
    """Walks a document; whatever is not there as expected raises Misfit with its dotted key."""

    def __init__(self, document: Any, prefix: str = "") -> None:
        self._document, self._prefix = document, prefix

    def at(self, *keys: str | int) -> "Reader":
        return Reader(self._walk(keys), self._key(keys) + ".")

    def value(self, kind: type[Any], *keys: str | int) -> Any:
        found = self._walk(keys)
        if type(found) is not kind:
            raise Misfit(self._key(keys), found, f"a value of type {kind.__name__}")
        return found

    def optional(self, *keys: str | int) -> Any:
        parent = self._walk(keys[:-1])
        return parent.get(keys[-1]) if isinstance(parent, dict) else None

    def yaml(self, *keys: str | int) -> "Reader":
        """The document inside a text value."""
        text = self.value(str, *keys)
        try:
            return Reader(load(text), self._key(keys) + ".")
        except Refused as error:
            raise Misfit(self._key(keys), str(error), "plain YAML") from None

    def _walk(self, keys: tuple[str | int, ...]) -> Any:
        found = self._document
        for depth, key in enumerate(keys):
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                raise Misfit(self._key(keys[: depth + 1]), None, "a value") from None
        return found

    def _key(self, keys: tuple[str | int, ...]) -> str:
        return self._prefix + ".".join(map(str, keys))


def difference(expected: Any, got: Any, key: str = "") -> tuple[str, object, str] | None:
    """The first place where two documents differ: dotted key, what is there, what belongs there."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return _mapping_difference(expected, got, key)
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, (left, right) in enumerate(zip(expected, got, strict=True)):
            found = difference(left, right, f"{key}[{index}]")
            if found:
                return found
        return None
    if type(expected) is not type(got) or expected != got:
        return key, got, repr(expected)
    return None


def _mapping_difference(
    expected: dict[Any, Any], got: dict[Any, Any], key: str
) -> tuple[str, object, str] | None:
    dotted = f"{key}." if key else ""
    for name, value in got.items():
        if name not in expected:
            return f"{dotted}{name}", value, f"one of {', '.join(map(repr, expected))}"
    for name, value in expected.items():
        if name not in got:
            return f"{dotted}{name}", None, repr(value)
        found = difference(value, got[name], f"{dotted}{name}")
        if found:
            return found
    return None
