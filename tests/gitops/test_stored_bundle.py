"""A bundle is digested again wherever it is stored, file by file."""

import pytest

from gitops.stored_bundle import digest_again
from serving.bundle import write_bundle
from tests.support.bundles import line_contents


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "made", line_contents())


@pytest.fixture(params=["file", "s3"])
def stored(request, bundle, monkeypatch):
    """Address, and how to write and remove a file there."""
    if request.param == "file":
        return Folder(bundle)
    server = request.getfixturevalue("moto")
    server.enter(monkeypatch)
    return Bucket(server, bundle)


class Folder:
    def __init__(self, bundle):
        self.digest, self.uri, self._folder = bundle.digest, bundle.folder.as_uri(), bundle.folder

    def write(self, name: str, content: bytes) -> None:
        self._folder.chmod(0o755)
        (self._folder / name).unlink()
        (self._folder / name).write_bytes(content)

    def remove(self, name: str) -> None:
        self._folder.chmod(0o755)
        (self._folder / name).unlink()


class Bucket:
    def __init__(self, server, bundle):
        self.digest, self._client, self._bucket = (
            bundle.digest,
            server.client(),
            server.new_bucket(),
        )
        self._prefix = f"bundles/line/{bundle.folder.name}"
        self.uri = f"s3://{self._bucket}/{self._prefix}"
        for file in bundle.folder.iterdir():
            self.write(file.name, file.read_bytes())

    def write(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}/{name}", Body=content)

    def remove(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=f"{self._prefix}/{name}")


def test_a_bundle_within_reach_is_digested_again(stored):
    looked = digest_again(stored.uri, stored.digest)
    assert (looked.problems, looked.remark) == ((), f"{stored.uri} was digested again")


def test_another_manifest_is_another_bundle(stored):
    stored.write("manifest.json", b"{}")
    (problem,) = digest_again(stored.uri, stored.digest).problems
    assert problem.startswith(f"{stored.uri} holds sha256:")
    assert problem.endswith(f"expected {stored.digest}")


def test_a_file_with_other_bytes_and_one_that_is_gone_are_named(stored):
    stored.write("golden.json", b"{}")
    stored.remove("signature.json")
    assert digest_again(stored.uri, stored.digest).problems == (
        f"{stored.uri}/golden.json has other bytes than its manifest says",
        f"{stored.uri}/signature.json is missing",
    )


def test_a_bundle_that_its_bucket_does_not_have_is_a_problem(moto, monkeypatch):
    moto.enter(monkeypatch)
    uri = f"s3://{moto.new_bucket()}/bundles/line/{'a' * 64}"
    (problem,) = digest_again(uri, "sha256:" + "a" * 64).problems
    assert f"{uri} holds no manifest.json" in problem


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("file:///nowhere/at/all", "no such folder on this machine"),
        ("gs://bucket/bundles/x", "nobody here reads gs://"),
        ("s3://bucket/bundles/x", "Could not connect"),
    ],
)
def test_what_cannot_be_reached_is_said_and_no_problem(monkeypatch, uri, why):
    for name, value in (("ENDPOINT_URL", "http://127.0.0.1:9"), ("MAX_ATTEMPTS", "1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    looked = digest_again(uri, "sha256:" + "a" * 64)
    assert (looked.problems, why in looked.remark) == ((), True)
