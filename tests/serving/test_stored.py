"""Bundles on s3://, fetched by digest from a server that speaks it, and the cache before it."""

import os
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from serving.errors import (
    BundleMissing,
    BundleUnreachable,
    CorruptFile,
    DigestMismatch,
    MalformedBundle,
    Unsigned,
    UnsupportedScheme,
)
from serving.manifest import digest_of
from serving.rollout import Rollout
from serving.seal import seal
from serving.stored import KEPT_SECONDS, check_address, default_cache, open_stored
from tests.serving.conftest import user_config
from tests.support.stored_bundles import StoredBundle

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def server(moto, monkeypatch):
    moto.enter(monkeypatch)
    return moto


@pytest.fixture
def stored(server, line):
    return StoredBundle(server, line)


def test_a_bundle_is_fetched_by_its_digest_and_is_what_was_stored(stored, line, cache):
    found = open_stored(stored.uri, stored.digest, cache)
    assert found.folder == cache / line.folder.name
    assert (found.digest, found.model_bytes()) == (line.digest, line.model_bytes())
    assert [one.name for one in cache.iterdir()] == [line.folder.name]


def test_what_is_in_the_cache_needs_no_server(stored, cache, monkeypatch):
    open_stored(stored.uri, stored.digest, cache)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert open_stored(stored.uri, stored.digest, cache).digest == stored.digest


def test_a_folder_of_this_machine_is_opened_where_it_is(line, cache):
    assert open_stored(line.folder.as_uri(), line.digest, cache) == line
    assert not cache.exists()


@pytest.mark.parametrize("name", ["model.onnx", "manifest.json"])
def test_a_damaged_copy_is_fetched_anew(name, stored, line, cache):
    copy = open_stored(stored.uri, stored.digest, cache).folder / name
    copy.write_bytes(b"something else")
    assert open_stored(stored.uri, stored.digest, cache).model_bytes() == line.model_bytes()
    assert [one.name for one in cache.iterdir()] == [line.folder.name]


def test_a_signature_that_came_later_is_fetched(stored, line, cache):
    keys = [KEY.public_key()]
    with pytest.raises(Unsigned, match=r"manifest.sig is not there, expected a signature"):
        open_stored(stored.uri, stored.digest, cache, keys)
    seal(line.folder, line.digest, KEY)
    stored.write("manifest.sig", (line.folder / "manifest.sig").read_bytes())
    assert open_stored(stored.uri, stored.digest, cache, keys).signed == "checked"


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("model.onnx", b"something else", CorruptFile, "/model.onnx': got other bytes, expected"),
        ("model.onnx", b"x" * 10_000, CorruptFile, "'model.onnx': got 10000 bytes, expected at"),
        ("manifest.json", b"{}", DigestMismatch, "/manifest.json has digest sha256:44136fa355b3"),
        ("manifest.json", b" " * 1024 * 1025, CorruptFile, "'manifest.json': got 1049600 bytes"),
        ("manifest.sig", b"x" * 2000, CorruptFile, "'manifest.sig': got 2000 bytes, expected at"),
        ("golden.json", None, BundleMissing, "golden.json is not there"),
        ("manifest.json", None, BundleMissing, "manifest.json is not there"),
    ],
)
def test_what_is_not_what_was_judged_is_refused_and_not_kept(
    name, content, error, message, stored, cache
):
    stored.remove(name) if content is None else stored.write(name, content)
    with pytest.raises(error, match=message):
        open_stored(stored.uri, stored.digest, cache)
    assert not cache.exists()


def test_a_manifest_cannot_name_files_outside_the_bundle(stored, cache):
    raw = b'{"format":1,"runtime":"onnx","trusted":[],"files":{"../x":{"bytes":1,"sha256":"%s"}}}'
    raw %= b"a" * 64
    stored.write("manifest.json", raw)
    with pytest.raises(MalformedBundle, match=r"names the files \.\./x; expected environment"):
        open_stored(stored.uri, digest_of(raw), cache)


def test_missing_keys_are_one_sentence(stored, cache, monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(BundleUnreachable) as refused:
        open_stored(stored.uri, stored.digest, cache)
    assert str(refused.value) == (
        f"{stored.uri}: cannot be read (no keys were found); set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of the machine, in the environment of what "
        "serves"
    )


def test_a_bucket_that_is_not_there_is_told(server, cache):
    uri = f"s3://nobody-made-it/{'a' * 64}"
    with pytest.raises(BundleUnreachable, match=r"it/a+: cannot be read \(.*NoSuchBucket.*; see"):
        open_stored(uri, "sha256:" + "a" * 64, cache)


def test_a_server_that_is_away_is_told(stored, cache, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(BundleUnreachable, match=r"cannot be read \(Could not connect"):
        open_stored(stored.uri, stored.digest, cache)


def test_copies_that_nobody_opened_for_long_go_when_another_comes(stored, server, tmp_path, cache):
    other = StoredBundle.line(server, tmp_path, bias=1.0)
    for one, idle in ((other, KEPT_SECONDS + 60), (stored, KEPT_SECONDS - 3600)):
        folder = open_stored(one.uri, one.digest, cache).folder
        os.utime(folder, (time.time() - idle,) * 2)
    third = StoredBundle.line(server, tmp_path, bias=2.0)
    open_stored(third.uri, third.digest, cache)
    kept = {f"sha256:{one.name}" for one in cache.iterdir()}
    assert kept == {stored.digest, third.digest}


def test_opening_a_copy_is_using_it(stored, cache):
    folder = open_stored(stored.uri, stored.digest, cache).folder
    os.utime(folder, (0, 0))
    open_stored(stored.uri, stored.digest, cache)
    assert folder.stat().st_mtime > 0


@pytest.mark.parametrize(
    "uri",
    [
        "s3://",
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/a//b",
        "s3://bucket/../b",
        "s3://bucket/a?b",
        "s3://key:secret@bucket/a",
        "s3://Bucket/a",
        "gs://bucket/a",
    ],
)
def test_any_other_address_is_refused(uri):
    with pytest.raises(UnsupportedScheme, match=r"expected file:///absolute/path or s3://"):
        check_address(uri)


@pytest.mark.anyio
async def test_a_damaged_bundle_is_refused_while_the_one_before_answers(
    server, line, tmp_path, cache
):
    rollout = Rollout("line", cache=cache)
    await rollout.apply(user_config(line))
    good, bad = (StoredBundle.line(server, tmp_path, bias) for bias in (1.0, 2.0))
    await rollout.apply(good.target("2"))
    bad.write("model.onnx", b"something else")
    await rollout.apply(bad.target("3"))
    assert rollout.now_live().digest == good.digest
    assert rollout.refused.reason.startswith(f"CorruptFile: file '{bad.uri}/model.onnx': got other")


def test_copies_lie_in_a_folder_of_ones_own_by_default():
    assert default_cache().name == "bundles"
    assert str(os.getuid()) in default_cache().parent.name
