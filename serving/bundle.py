"""What is judged and what is served: one folder whose manifest's digest is the model's identity.

A bundle holds `manifest.json` and the files it names: the model (`model.onnx` or `model.skops`),
`signature.json`, `golden.json`, `reference.json` (what drift is measured against) and
`environment.json` (what the model was built with). Equal contents give equal bytes: canonical
JSON, no times, no machine names.
"""

import hashlib
import json
import math
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from serving.errors import (
    BundleMissing,
    CorruptFile,
    DigestMismatch,
    InvalidInput,
    MalformedBundle,
    UnexpectedFile,
    UnsupportedRuntime,
)
from serving.signature import Signature

Runtime = Literal["onnx", "skops"]
RUNTIMES: tuple[Runtime, ...] = ("onnx", "skops")
MANIFEST = "manifest.json"
SIGNATURE, GOLDEN = "signature.json", "golden.json"
REFERENCE, ENVIRONMENT = "reference.json", "environment.json"
_MANIFEST_LIMIT = 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True)
class GoldenRows:
    """Rows with the answers that the model gave when it was judged.

    `rows` are records of JSON values (None where missing); `scores` are one float per row, or
    one probability per class for a multiclass task; `tolerance` is absolute, in units of score.
    """

    rows: tuple[Mapping[str, Any], ...]
    scores: tuple[Any, ...]
    tolerance: float


@dataclass(frozen=True)
class BundleContents:
    """What `write_bundle` writes.

    `model` are the bytes of the ONNX graph or skops file. `trusted` names the types that a skops
    model may be made of beyond those that skops trusts by itself.
    """

    runtime: Runtime
    model: bytes
    signature: Signature
    golden: GoldenRows
    reference: Mapping[str, Any]
    environment: Mapping[str, str]
    trusted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bundle:
    """A folder of which every byte was verified when it was opened."""

    folder: Path
    digest: str
    runtime: Runtime
    signature: Signature
    golden: GoldenRows
    reference: Mapping[str, Any]
    environment: Mapping[str, str]
    trusted: tuple[str, ...]
    model_file: "FileEntry"

    def model_bytes(self) -> bytes:
        """Read the model and verify it once more, so that what is loaded is what was digested."""
        return _verified(self.folder / f"model.{self.runtime}", self.model_file)


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


class _Golden(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[dict[str, Any], ...] = Field(min_length=1)
    scores: tuple[float | tuple[float, ...], ...]
    tolerance: float = Field(ge=0, allow_inf_nan=False)


def write_bundle(store: Path, contents: BundleContents) -> Bundle:
    """Write `contents` to the folder `<store>/<64 hex>` and open it.

    The folder appears whole or not at all, and writing the same contents again changes nothing.

    Raises
    ------
    MalformedBundle, UnsupportedRuntime
        Before anything is written, when the parts do not fit each other.
    BundleError
        When a bundle with this digest is there already and was changed since.
    """
    files = _files(contents)
    manifest = _canonical(MANIFEST, _manifest(contents, files).model_dump(mode="json"))
    _parse_files(files, _check_manifest(manifest))
    digest = digest_of(manifest)
    folder = store / digest.removeprefix("sha256:")
    if not folder.exists():
        _write_folder(folder, {**files, MANIFEST: manifest})
    return open_bundle(folder, digest)


def open_bundle(folder: Path, digest: str) -> Bundle:
    """Verify every byte in `folder`, then parse it; nothing is unpickled or executed.

    `digest` is `sha256:<64 hex>` of the bytes of the manifest.

    Raises
    ------
    BundleError
        One leaf per reason; see `serving.errors`.
    """
    raw = _read_manifest(folder)
    if digest_of(raw) != digest:
        raise DigestMismatch(folder / MANIFEST, digest_of(raw), digest)
    manifest = _check_manifest(raw)
    _check_listing(folder, manifest)
    model = f"model.{manifest.runtime}"
    verified = {name: _verified(folder / name, entry) for name, entry in manifest.files.items()}
    signature, golden, reference, environment = _parse_files(verified, manifest)
    return Bundle(
        folder=folder,
        digest=digest,
        runtime="onnx" if manifest.runtime == "onnx" else "skops",
        signature=signature,
        golden=golden,
        reference=reference,
        environment=environment,
        trusted=manifest.trusted,
        model_file=manifest.files[model],
    )


def digest_of(manifest: bytes) -> str:
    """Return the identity of the bundle that has this manifest."""
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _files(contents: BundleContents) -> dict[str, bytes]:
    golden = contents.golden
    rows = [dict(row) for row in golden.rows]
    answers = {"rows": rows, "scores": golden.scores, "tolerance": golden.tolerance}
    return {
        f"model.{contents.runtime}": contents.model,
        SIGNATURE: _canonical(SIGNATURE, contents.signature.model_dump(mode="json")),
        GOLDEN: _canonical(GOLDEN, answers),
        REFERENCE: _canonical(REFERENCE, dict(contents.reference)),
        ENVIRONMENT: _canonical(ENVIRONMENT, dict(contents.environment)),
    }


def _manifest(contents: BundleContents, files: Mapping[str, bytes]) -> Manifest:
    entries = {
        name: FileEntry(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in files.items()
    }
    trusted = tuple(sorted(set(contents.trusted)))
    return Manifest(format=1, runtime=contents.runtime, files=entries, trusted=trusted)


def _canonical(name: str, value: object) -> bytes:
    try:
        text = json.dumps(
            value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False, default=_native
        )
    except (TypeError, ValueError) as error:
        problem = f"{error}; expected JSON values, with None where a value is missing"
        raise MalformedBundle(name, problem) from error
    return f"{text}\n".encode()


def _native(value: object) -> object:
    # numpy scalars and arrays are no JSON; `tolist` gives Python's own values for both.
    if hasattr(value, "tolist"):
        return value.tolist()
    msg = f"{type(value).__name__} is no JSON value"
    raise TypeError(msg)


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
    try:
        temporary.chmod(0o755)
        for name, data in files.items():
            with (temporary / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        try:
            temporary.rename(folder)
        except OSError:
            # Renaming onto a folder that is not empty fails: another writer was first.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _read_manifest(folder: Path) -> bytes:
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            raw = file.read(_MANIFEST_LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BundleMissing(path if folder.is_dir() else folder) from error
    if len(raw) > _MANIFEST_LIMIT:
        raise CorruptFile(MANIFEST, "a larger file", f"at most {_MANIFEST_LIMIT} bytes")
    return raw


def _check_manifest(raw: bytes) -> Manifest:
    manifest = _parsed(MANIFEST, TypeAdapter(Manifest), raw)
    if manifest.runtime not in RUNTIMES:
        raise UnsupportedRuntime(manifest.runtime, RUNTIMES)
    expected = {f"model.{manifest.runtime}", SIGNATURE, GOLDEN, REFERENCE, ENVIRONMENT}
    if set(manifest.files) != expected:
        got = ", ".join(sorted(manifest.files))
        problem = f"names the files {got}; expected {', '.join(sorted(expected))}"
        raise MalformedBundle(MANIFEST, problem)
    return manifest


def _check_listing(folder: Path, manifest: Manifest) -> None:
    expected = {MANIFEST, *manifest.files}
    for name in sorted(entry.name for entry in folder.iterdir()):
        if name not in expected:
            raise UnexpectedFile(name, sorted(expected))


def _verified(path: Path, entry: FileEntry) -> bytes:
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise CorruptFile(path.name, "a link or folder", "a regular file")
        if found.st_size != entry.bytes:
            raise CorruptFile(path.name, f"{found.st_size} bytes", f"{entry.bytes} bytes")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BundleMissing(path) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry.sha256:
        raise CorruptFile(path.name, f"sha256:{digest}", f"sha256:{entry.sha256}")
    return data


def _parse_files(
    files: Mapping[str, bytes], manifest: Manifest
) -> tuple[Signature, GoldenRows, dict[str, Any], dict[str, str]]:
    if manifest.trusted and manifest.runtime != "skops":
        raise MalformedBundle(MANIFEST, "trusted types are for skops models only")
    signature = _parsed(SIGNATURE, TypeAdapter(Signature), files[SIGNATURE])
    golden = _parsed(GOLDEN, TypeAdapter(_Golden), files[GOLDEN])
    _check_golden(signature, golden)
    return (
        signature,
        GoldenRows(golden.rows, golden.scores, golden.tolerance),
        _parsed(REFERENCE, TypeAdapter(dict[str, Any]), files[REFERENCE]),
        _parsed(ENVIRONMENT, TypeAdapter(dict[str, str]), files[ENVIRONMENT]),
    )


def _parsed(name: str, adapter: TypeAdapter[T], raw: bytes) -> T:
    try:
        return adapter.validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedBundle(name, f"{where or 'document'}: {first['msg']}") from error


def _check_golden(signature: Signature, golden: _Golden) -> None:
    if len(golden.scores) != len(golden.rows):
        problem = f"{len(golden.rows)} rows but {len(golden.scores)} scores"
        raise MalformedBundle(GOLDEN, problem)
    width = len(signature.classes) if signature.task == "multiclass" else None
    for row, score in enumerate(golden.scores):
        got = len(score) if isinstance(score, tuple) else None
        values = score if isinstance(score, tuple) else (score,)
        if got != width or not all(map(math.isfinite, values)):
            expected = "a finite number" if width is None else f"{width} finite numbers"
            raise MalformedBundle(GOLDEN, f"score of row {row}: got {score}, expected {expected}")
    try:
        signature.arrays(signature.columns_of(golden.rows))
    except InvalidInput as error:
        raise MalformedBundle(GOLDEN, str(error)) from error
