"""The file whose digest names a bundle: which files belong to it, and the digest of each.

Also how any of those files becomes bytes (equal values give equal bytes) and is parsed again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from serving.errors import MalformedBundle, UnsupportedRuntime

Runtime = Literal["onnx", "skops"]
RUNTIMES: tuple[Runtime, ...] = ("onnx", "skops")
MANIFEST = "manifest.json"
SEAL = "manifest.sig"
SIGNATURE, GOLDEN = "signature.json", "golden.json"
REFERENCE, ENVIRONMENT = "reference.json", "environment.json"

T = TypeVar("T")


class FileEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """The file whose digest names the bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    runtime: str
    files: Mapping[str, FileEntry]
    trusted: tuple[str, ...]

    @property
    def model(self) -> str:
        """The name of the file that holds the model."""
        return f"model.{self.runtime}"


def digest_of(manifest: bytes) -> str:
    """Return the identity of the bundle that has this manifest."""
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def manifest_of(runtime: str, files: Mapping[str, bytes], trusted: Iterable[str]) -> Manifest:
    """List the files of a bundle with their digests."""
    entries = {
        name: FileEntry(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in files.items()
    }
    return Manifest(format=1, runtime=runtime, files=entries, trusted=tuple(sorted(set(trusted))))


def parse_manifest(raw: bytes) -> Manifest:
    """Read a manifest and hold it to the files that a bundle has.

    Raises
    ------
    MalformedBundle, UnsupportedRuntime
    """
    manifest = parsed(MANIFEST, TypeAdapter(Manifest), raw)
    if manifest.runtime not in RUNTIMES:
        raise UnsupportedRuntime(manifest.runtime, RUNTIMES)
    expected = {manifest.model, SIGNATURE, GOLDEN, REFERENCE, ENVIRONMENT}
    if set(manifest.files) != expected:
        got = ", ".join(sorted(manifest.files))
        problem = f"names the files {got}; expected {', '.join(sorted(expected))}"
        raise MalformedBundle(MANIFEST, problem)
    if manifest.trusted and manifest.runtime != "skops":
        raise MalformedBundle(MANIFEST, "trusted types are for skops models only")
    return manifest


def canonical(name: str, value: object) -> bytes:
    """Write `value` as the bytes of the file `name`.

    Raises
    ------
    MalformedBundle
        For values that JSON does not have, NaN among them.
    """
    try:
        text = json.dumps(
            value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False, default=_native
        )
        return f"{text}\n".encode()
    except (TypeError, ValueError) as error:
        problem = f"{error}; expected JSON values, with None where a value is missing"
        raise MalformedBundle(name, problem) from error


def _native(value: object) -> object:
    # numpy scalars and arrays are no JSON; `tolist` gives Python's own values for both.
    if hasattr(value, "tolist"):
        return value.tolist()
    msg = f"{type(value).__name__} is no JSON value"
    raise TypeError(msg)


def parsed(name: str, adapter: TypeAdapter[T], raw: bytes) -> T:
    """Read the file `name` as what `adapter` describes.

    Raises
    ------
    MalformedBundle
        Naming the first field that does not fit.
    """
    try:
        return adapter.validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedBundle(name, f"{where or 'document'}: {first['msg']}") from error
