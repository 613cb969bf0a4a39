"""A bundle is what its digest says, to the last byte, or it is refused."""

import hashlib
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from serving.bundle import (
    BundleContents,
    GoldenRows,
    write_bundle,
)
from serving.errors import (
    BundleError,
    BundleMissing,
    CorruptFile,
    DigestMismatch,
    MalformedBundle,
    UnexpectedFile,
)
from tests.support.bundles import fraud_contents, iris_contents, line_contents


@pytest.mark.parametrize("contents", [line_contents, fraud_contents, iris_contents])
def test_what_is_written_is_what_is_opened(contents, tmp_path):
    sent: BundleContents = contents()
    bundle = write_bundle(tmp_path, sent)
    assert bundle.model_bytes() == sent.model
    assert bundle.signature == sent.signature
    assert [dict(row) for row in bundle.golden.rows] == [dict(row) for row in sent.golden.rows]
    assert np.array_equal(bundle.golden.scores, sent.golden.scores)
    assert bundle.reference == sent.reference
    assert bundle.trusted == tuple(sorted(sent.trusted))


def test_the_folder_is_named_by_the_digest_of_the_manifest(line):
    manifest = (line.folder / "manifest.json").read_bytes()
    assert line.digest == f"sha256:{line.folder.name}"
    assert line.folder.name == hashlib.sha256(manifest).hexdigest()


def test_equal_contents_give_equal_bytes(tmp_path):
    one = line_contents()
    shuffled = replace(one, environment=dict(reversed(one.environment.items())))
    first, second = write_bundle(tmp_path / "a", one), write_bundle(tmp_path / "b", shuffled)
    assert first.digest == second.digest
    assert len(list(first.folder.iterdir())) == 6
    for path in first.folder.iterdir():
        assert path.read_bytes() == (second.folder / path.name).read_bytes()


def test_writing_the_same_contents_twice_changes_nothing(tmp_path):
    first = write_bundle(tmp_path, line_contents())
    before = {path: path.stat() for path in tmp_path.rglob("*")}
    assert write_bundle(tmp_path, line_contents()) == first
    assert {path: path.stat() for path in tmp_path.rglob("*")} == before


def test_a_writer_that_comes_second_takes_the_folder_of_the_first(tmp_path, monkeypatch):
    bundle = write_bundle(tmp_path, line_contents())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", lambda _: False)
        assert write_bundle(tmp_path, line_contents()) == bundle
    assert list(tmp_path.iterdir()) == [bundle.folder]


@pytest.mark.parametrize(
    "change",
    [
        {"reference": {"rows": 61}},
        {"environment": {"python": "3.12"}},
        {"golden": replace(line_contents().golden, tolerance=1e-4)},
        {"model": line_contents(bias=1e-9).model},
    ],
)
def test_any_other_content_is_another_bundle(change, line, tmp_path):
    assert write_bundle(tmp_path, replace(line_contents(), **change)).digest != line.digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"golden": GoldenRows((), (), 0.0)}, "golden.json': rows: "),
        (
            {"golden": GoldenRows(({"a": math.nan, "b": 1},), (1.0,), 0.0)},
            "with None where a value",
        ),
        (
            {"golden": GoldenRows(({"a": None, "b": 1},), (1.0,), 0.0)},
            "column 'a', row 0: got null",
        ),
        ({"reference": {"name": "\ud800"}}, "reference.json': 'utf-8' codec can't encode"),
        ({"reference": {"made": object()}}, "reference.json': object is no JSON value"),
        ({"trusted": ("sklearn.tree.Tree",)}, "trusted types are for skops models only"),
    ],
)
def test_contents_that_do_not_fit_each_other_are_refused_before_writing(change, message, tmp_path):
    with pytest.raises(MalformedBundle, match=message):
        write_bundle(tmp_path / "store", replace(line_contents(), **change))
    assert not (tmp_path / "store").exists()


def test_numpy_values_are_written_as_numbers(tmp_path):
    golden = GoldenRows(({"a": np.float64(1), "b": np.int64(2)},), np.array([8.0]), 1e-5)
    bundle = write_bundle(
        tmp_path, replace(line_contents(), golden=golden, reference={"n": np.arange(2)})
    )
    assert bundle.golden.rows == ({"a": 1.0, "b": 2},)
    assert bundle.reference == {"n": [0, 1]}


def test_a_bundle_changed_on_disk_is_not_papered_over_by_writing_it_again(line):
    (line.folder / "golden.json").write_bytes(b"{}")
    with pytest.raises(CorruptFile, match=r"file 'golden\.json'"):
        write_bundle(line.folder.parent, line_contents())


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_bundle(tmp_path / "store", line_contents())
    assert list((tmp_path / "store").iterdir()) == []


def test_every_refusal_is_a_bundle_error():
    leaves = (BundleMissing, CorruptFile, DigestMismatch, MalformedBundle, UnexpectedFile)
    assert all(issubclass(leaf, BundleError) for leaf in leaves)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("serving.bundle", "ray pandas onnxruntime skops sklearn"),
        ("serving.scorer", "ray pandas onnxruntime skops sklearn"),
        ("serving.ingress", "ray pandas onnxruntime skops sklearn fastapi"),
    ],
)
def test_heavy_imports_stay_inside_their_fence(module, heavy):
    script = (
        f"import sys, {module}; print([name for name in {heavy.split()} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    assert found.stdout == "[]\n"
