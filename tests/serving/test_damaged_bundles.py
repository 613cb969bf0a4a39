"""A bundle that was changed, by accident or by somebody, is refused before it is loaded."""

import hashlib
import json
import os
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.bundle import (
    Bundle,
    open_bundle,
    write_bundle,
)
from serving.errors import (
    BundleError,
    BundleMissing,
    CorruptFile,
    DigestMismatch,
    MalformedBundle,
    UnexpectedFile,
    UnsupportedRuntime,
)
from serving.manifest import digest_of
from tests.support.bundles import fraud_contents, line_contents

PARTS = ("model.onnx", "signature.json", "golden.json", "reference.json", "environment.json")
EVERY_FILE = ("manifest.json", *PARTS)


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def flipped(path: Path, place: int, bit: int) -> bytes:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    return bytes(data)


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_bundle_with_one_flipped_bit_in_any_byte_is_refused(name, line):
    """Each byte of each file in turn, a bit of each."""
    path, whole = line.folder / name, (line.folder / name).read_bytes()
    reason = DigestMismatch if name == "manifest.json" else CorruptFile
    for place in range(len(whole)):
        path.write_bytes(flipped(path, place, place % 8))
        with pytest.raises(reason, match=r"sha256:\w{64}, expected sha256:\w{64}"):
            open_bundle(line.folder, line.digest)
        path.write_bytes(whole)
    assert open_bundle(line.folder, line.digest) == line


@given(st.data())
def test_a_skops_bundle_with_one_flipped_bit_anywhere_is_refused(skops_bundle, data):
    path = data.draw(st.sampled_from(sorted(skops_bundle.folder.iterdir())))
    whole = path.read_bytes()
    place, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    path.write_bytes(flipped(path, place, bit))
    try:
        with pytest.raises((CorruptFile, DigestMismatch), match="expected sha256:"):
            open_bundle(skops_bundle.folder, skops_bundle.digest)
    finally:
        path.write_bytes(whole)


@pytest.fixture(scope="module")
def skops_bundle(tmp_path_factory) -> Bundle:
    return write_bundle(tmp_path_factory.mktemp("store"), fraud_contents())


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("kept", [0, 1, -1])
def test_a_truncated_file_is_refused_by_its_length(name, kept, line):
    path = line.folder / name
    data = path.read_bytes()
    path.write_bytes(data[:kept])
    with pytest.raises(CorruptFile, match=rf"'{name}': got \d+ bytes, expected {len(data)} bytes"):
        open_bundle(line.folder, line.digest)


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_pickle_in_the_place_of_a_file_is_never_loaded(name, line, tmp_path):
    (line.folder / name).write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises((CorruptFile, DigestMismatch), match="expected"):
        open_bundle(line.folder, line.digest)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", [*EVERY_FILE])
def test_a_missing_file_is_named(name, line):
    (line.folder / name).unlink()
    with pytest.raises(BundleMissing, match=f"{name} is not there"):
        open_bundle(line.folder, line.digest)


@pytest.mark.parametrize("name", ["extra.txt", ".hidden", "model.skops", "model.onnx.data"])
def test_a_file_that_does_not_belong_is_refused(name, line):
    (line.folder / name).touch()
    with pytest.raises(UnexpectedFile, match=f"file '{name}' does not belong here"):
        open_bundle(line.folder, line.digest)


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "golden.json"])
def test_files_swapped_between_two_bundles_are_refused(name, line, tmp_path):
    other = write_bundle(tmp_path, line_contents(bias=1.0))
    shutil.copy(other.folder / name, line.folder / name)
    with pytest.raises((CorruptFile, DigestMismatch), match="expected"):
        open_bundle(line.folder, line.digest)


def test_the_folder_of_another_bundle_is_refused(line, fraud):
    with pytest.raises(DigestMismatch, match=f"{fraud.digest}, expected {line.digest}"):
        open_bundle(fraud.folder, line.digest)


def test_two_bundles_in_each_others_places_are_refused(line, fraud, tmp_path):
    line.folder.rename(tmp_path / "aside")
    fraud.folder.rename(line.folder)
    (tmp_path / "aside").rename(fraud.folder)
    for there, other in ((line, fraud), (fraud, line)):
        with pytest.raises(DigestMismatch, match=f"{other.digest}, expected {there.digest}"):
            open_bundle(there.folder, there.digest)


def test_a_bundle_whose_files_are_all_another_models_is_refused_by_its_manifest(line, fraud):
    for name in (one.name for one in fraud.folder.iterdir()):
        shutil.copy(fraud.folder / name, line.folder / name)
    with pytest.raises(DigestMismatch, match=f"{fraud.digest}, expected {line.digest}"):
        open_bundle(line.folder, line.digest)


def test_two_files_of_one_bundle_in_each_others_places_are_refused(line):
    golden, reference = (line.folder / name for name in ("golden.json", "reference.json"))
    before = golden.read_bytes()
    golden.write_bytes(reference.read_bytes())
    reference.write_bytes(before)
    with pytest.raises(CorruptFile, match=r"'(golden|reference)\.json': got \d+ bytes"):
        open_bundle(line.folder, line.digest)


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_link_in_the_place_of_a_file_is_refused(name, line, tmp_path):
    path = line.folder / name
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CorruptFile, match=f"'{name}': got a link or folder"):
        open_bundle(line.folder, line.digest)


@pytest.mark.parametrize("name", EVERY_FILE)
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused_and_never_waited_for(name, make, line):
    (line.folder / name).unlink()
    make(line.folder / name)
    with pytest.raises(CorruptFile, match=f"'{name}': got a link or folder"):
        open_bundle(line.folder, line.digest)


DAMAGES = {
    "no folder": shutil.rmtree,
    "another manifest": lambda folder: (folder / "manifest.json").write_bytes(b"{}"),
    "another model": lambda folder: (folder / "model.onnx").write_bytes(b"\x80\x04N."),
    "one file too many": lambda folder: (folder / "model.pkl").touch(),
}


def test_damages_have_reasons_of_their_own(line, tmp_path):
    """What the operator reads says which of the damages it is."""
    told = {}
    for name, damage in DAMAGES.items():
        folder = shutil.copytree(line.folder, tmp_path / name)
        damage(folder)
        with pytest.raises(BundleError, match=r"\w") as refused:
            open_bundle(folder, line.digest)
        told[name] = refused.type
    assert told == {
        "no folder": BundleMissing,
        "another manifest": DigestMismatch,
        "another model": CorruptFile,
        "one file too many": UnexpectedFile,
    }


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BundleMissing, match=f"{tmp_path / 'nothing'} is not there"):
        open_bundle(tmp_path / "nothing", "sha256:" + "0" * 64)


def test_a_digest_that_is_none_is_refused(line):
    with pytest.raises(DigestMismatch, match="expected latest"):
        open_bundle(line.folder, "latest")


def test_a_huge_manifest_is_refused_before_it_is_read_whole(line):
    with (line.folder / "manifest.json").open("ab") as file:
        file.truncate(1 << 30)
    with pytest.raises(CorruptFile, match="got a larger file, expected at most 1048576 bytes"):
        open_bundle(line.folder, line.digest)


def test_a_model_changed_after_opening_is_not_loaded(line):
    (line.folder / "model.onnx").write_bytes(b"\0" * len(line.model_bytes()))
    with pytest.raises(CorruptFile, match=r"file 'model\.onnx': got sha256:"):
        line.model_bytes()


def sealed(bundle: Bundle, name: str, data: bytes) -> str:
    """Replace a file and write a manifest that vouches for it, as a hostile builder would."""
    (bundle.folder / name).write_bytes(data)
    path = bundle.folder / "manifest.json"
    if name != "manifest.json":
        manifest = json.loads(path.read_bytes())
        entry = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        manifest["files"][name] = entry
        path.write_text(json.dumps(manifest))
    return digest_of(path.read_bytes())


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("signature.json", b"{}", "file 'signature.json': model: Field required"),
        ("signature.json", b"\x80\x04", "file 'signature.json': document: Invalid JSON"),
        (
            "golden.json",
            b'{"rows":[],"scores":[],"tolerance":0}',
            "golden.json': rows: .* at least 1",
        ),
        (
            "golden.json",
            b'{"rows":[{"a":1,"b":2}],"scores":[],"tolerance":0}',
            "1 rows but 0 scores",
        ),
        ("golden.json", b'{"rows":[{"a":1}],"scores":[1],"tolerance":0}', "column 'b', row 0"),
        (
            "golden.json",
            b'{"rows":[{"a":1,"b":2}],"scores":[[1,2]],"tolerance":0}',
            "a finite number",
        ),
        ("golden.json", b'{"rows":[{"a":1,"b":2}],"scores":[1],"tolerance":-1}', "tolerance: "),
        ("reference.json", b"[]", "file 'reference.json': document: "),
        ("environment.json", b'{"python":3}', "file 'environment.json': python: "),
        ("manifest.json", b"{}", "file 'manifest.json': format: Field required"),
        ("manifest.json", b"[" * 100_000, "file 'manifest.json': document: Invalid JSON"),
    ],
)
def test_a_vouched_for_file_of_the_wrong_form_is_malformed(name, data, message, line):
    digest = sealed(line, name, data)
    with pytest.raises(MalformedBundle, match=message):
        open_bundle(line.folder, digest)


@pytest.mark.parametrize("name", ["../../etc/passwd", "model.pkl"])
def test_a_manifest_cannot_name_files_of_its_own_choice(name, line):
    path = line.folder / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["files"][name] = manifest["files"]["golden.json"]
    digest = sealed(line, "manifest.json", json.dumps(manifest).encode())
    with pytest.raises(MalformedBundle, match=r"names the files .*; expected environment\.json, "):
        open_bundle(line.folder, digest)


def test_a_runtime_that_is_not_served_has_its_own_reason(line, tmp_path):
    path = line.folder / "manifest.json"
    manifest = {**json.loads(path.read_bytes()), "runtime": "pickle"}
    digest = sealed(line, "manifest.json", json.dumps(manifest).encode())
    with pytest.raises(UnsupportedRuntime, match="'pickle' is not served, expected onnx or skops"):
        open_bundle(line.folder, digest)
    with pytest.raises(UnsupportedRuntime, match="'joblib' is not served"):
        write_bundle(tmp_path / "new", replace(line_contents(), runtime="joblib"))
