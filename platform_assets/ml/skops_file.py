"""A pipeline as a skops file whose bytes depend on the pipeline alone."""

import io
import json
from collections.abc import Callable, Iterable
from typing import Any
from zipfile import ZipFile, ZipInfo

from sklearn.pipeline import Pipeline

from platform_assets.errors import ExportError
from serving.trust import refused

_SCHEMA = "schema.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def to_skops(
    pipeline: Pipeline, model: str, trusted: Iterable[str] = ()
) -> tuple[bytes, tuple[str, ...]]:
    """The file, and the types in it that skops does not trust by itself.

    `trusted` are the types that a bundle of `model` may hold beyond those that serving allows.

    skops names its entries after memory addresses and stamps them with the time; both are
    replaced by the order of appearance, so that equal pipelines give equal bytes.

    Raises
    ------
    ExportError
        If a part of the pipeline cannot be written without pickle, or may not be loaded.
    """
    from skops.io import dumps, get_untrusted_types
    from skops.io.exceptions import UnsupportedTypeException

    try:
        written = dumps(pipeline)
        data = _repeatable(written)
        types = tuple(sorted(get_untrusted_types(data=data)))
    except (UnsupportedTypeException, TypeError, ValueError, AttributeError) as error:
        raise ExportError(f"the pipeline has no skops form ({error})") from error
    if wrong := refused(types, model, trusted):
        raise ExportError(
            f"the skops file would hold {', '.join(wrong)}; expected types of scikit-learn, numpy, "
            f"scipy or platform_assets.defs.{model}. What may be loaded as well is named in "
            "serving.trusted_types of defs.yaml, and in SLIPWAY_TRUSTED_TYPES where it is served"
        )
    return data, types


def _repeatable(data: bytes) -> bytes:
    with ZipFile(io.BytesIO(data)) as source:
        schema = json.loads(source.read(_SCHEMA))
        addresses: dict[int, int] = {}
        files: dict[str, str] = {}
        _walk(schema, lambda node: _renumber(node, addresses, files))
        entries = {new: source.read(old) for old, new in files.items()}
    entries[_SCHEMA] = json.dumps(schema, indent=1).encode()
    written = io.BytesIO()
    with ZipFile(written, "w") as target:
        for name, content in entries.items():
            target.writestr(ZipInfo(name, _EPOCH), content)
    return written.getvalue()


def _renumber(node: dict[str, Any], addresses: dict[int, int], files: dict[str, str]) -> None:
    if "__id__" in node:
        node["__id__"] = addresses.setdefault(node["__id__"], len(addresses))
    if isinstance(node.get("file"), str):
        suffix = node["file"].rpartition(".")[2]
        node["file"] = files.setdefault(node["file"], f"{len(files)}.{suffix}")


def _walk(value: Any, visit: Callable[[dict[str, Any]], None]) -> None:
    """Visit every dictionary, outer ones first."""
    if isinstance(value, dict):
        visit(value)
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for item in inner:
            _walk(item, visit)
