"""What is judged and what is served: one folder whose manifest's digest is the model's identity.

A bundle holds `manifest.json` and the files it names: the model (`model.onnx` or `model.skops`),
`signature.json`, `golden.json`, `reference.json` (what drift is measured against) and
`environment.json` (what the model was built with). A signature may lie beside them, see
`serving.seal`. Equal contents give equal bytes: canonical
JSON, no times, no machine names.
"""

import hashlib
import math
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from serving.errors import (
    BundleMissing,
    CorruptFile,
    DigestMismatch,
    InvalidInput,
    MalformedBundle,
    UnexpectedFile,
)
from serving.manifest import (
    ENVIRONMENT,
    GOLDEN,
    MANIFEST,
    REFERENCE,
    SEAL,
    SIGNATURE,
    FileEntry,
    Manifest,
    Runtime,
    canonical,
    digest_of,
    manifest_of,
    parse_manifest,
    parsed,
)
from serving.seal import check_seal
from serving.signature import Signature

MANIFEST_LIMIT = 1024 * 1024

Signed = Literal["no", "unchecked", "checked"]


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
    """A folder of which every byte was verified when it was opened.

    `signed` says whether a signature was `checked`, is there but `unchecked` since no key was
    given, or is there not at all (`no`).
    """

    folder: Path
    digest: str
    runtime: Runtime
    signature: Signature
    golden: GoldenRows
    reference: Mapping[str, Any]
    environment: Mapping[str, str]
    trusted: tuple[str, ...]
    model_file: FileEntry
    signed: Signed

    def model_bytes(self) -> bytes:
        """Read the model and verify it once more, so that what is loaded is what was digested."""
        return _verified(self.folder / f"model.{self.runtime}", self.model_file)


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
    manifest = canonical(
        MANIFEST, manifest_of(contents.runtime, files, contents.trusted).model_dump(mode="json")
    )
    parse_manifest(manifest)
    _parse_files(files)
    digest = digest_of(manifest)
    folder = store / digest.removeprefix("sha256:")
    if not folder.exists():
        write_folder(folder, {**files, MANIFEST: manifest})
    return open_bundle(folder, digest)


def open_bundle(folder: Path, digest: str, keys: Sequence[Ed25519PublicKey] = ()) -> Bundle:
    """Verify every byte in `folder`, then parse it; nothing is unpickled or executed.

    `digest` is `sha256:<64 hex>` of the bytes of the manifest. If there are `keys`, one of them
    must have signed the digest.

    Raises
    ------
    BundleError
        One leaf per reason; see `serving.errors`.
    """
    raw = _read_manifest(folder)
    if digest_of(raw) != digest:
        raise DigestMismatch(folder / MANIFEST, digest_of(raw), digest)
    if keys:
        check_seal(folder, digest, keys)
    manifest = parse_manifest(raw)
    _check_listing(folder, manifest)
    verified = {name: _verified(folder / name, entry) for name, entry in manifest.files.items()}
    signature, golden, reference, environment = _parse_files(verified)
    return Bundle(
        folder=folder,
        digest=digest,
        runtime="onnx" if manifest.runtime == "onnx" else "skops",
        signature=signature,
        golden=golden,
        reference=reference,
        environment=environment,
        trusted=manifest.trusted,
        model_file=manifest.files[manifest.model],
        signed="checked" if keys else "unchecked" if os.path.lexists(folder / SEAL) else "no",
    )


def _files(contents: BundleContents) -> dict[str, bytes]:
    golden = contents.golden
    rows = [dict(row) for row in golden.rows]
    answers = {"rows": rows, "scores": golden.scores, "tolerance": golden.tolerance}
    return {
        f"model.{contents.runtime}": contents.model,
        SIGNATURE: canonical(SIGNATURE, contents.signature.model_dump(mode="json")),
        GOLDEN: canonical(GOLDEN, answers),
        REFERENCE: canonical(REFERENCE, dict(contents.reference)),
        ENVIRONMENT: canonical(ENVIRONMENT, dict(contents.environment)),
    }


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files to `folder` in one step; another writer who was first is left alone."""
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
        if not stat.S_ISREG(path.lstat().st_mode):
            raise CorruptFile(MANIFEST, "a link or folder", "a regular file")
        with path.open("rb") as file:
            raw = file.read(MANIFEST_LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BundleMissing(path if folder.is_dir() else folder) from error
    if len(raw) > MANIFEST_LIMIT:
        raise CorruptFile(MANIFEST, "a larger file", f"at most {MANIFEST_LIMIT} bytes")
    return raw


def _check_listing(folder: Path, manifest: Manifest) -> None:
    expected = {MANIFEST, *manifest.files}
    for name in sorted(entry.name for entry in folder.iterdir()):
        if name not in expected | {SEAL}:
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
    files: Mapping[str, bytes],
) -> tuple[Signature, GoldenRows, dict[str, Any], dict[str, str]]:
    signature = parsed(SIGNATURE, TypeAdapter(Signature), files[SIGNATURE])
    golden = parsed(GOLDEN, TypeAdapter(_Golden), files[GOLDEN])
    _check_golden(signature, golden)
    return (
        signature,
        GoldenRows(golden.rows, golden.scores, golden.tolerance),
        parsed(REFERENCE, TypeAdapter(dict[str, Any]), files[REFERENCE]),
        parsed(ENVIRONMENT, TypeAdapter(dict[str, str]), files[ENVIRONMENT]),
    )


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
