"""A stored bundle digested again, file by file: in a folder of this machine or in a bucket."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

MANIFEST = "manifest.json"
# What servers that are not AWS expect to be signed for.
_ANY_REGION = "us-east-1"
_ABSENT = ("404", "NoSuchKey", "NoSuchBucket")
Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Looked:
    """What speaks against a stored bundle, and whether it was looked into at all."""

    problems: tuple[str, ...]
    remark: str


class _Unreachable(Exception):
    """It is not to be had from here, which says nothing about it."""


def digest_again(uri: str, expected: str) -> Looked:
    """Compare a stored bundle with the digest that names it, and its files with its manifest.

    One that cannot be reached from here is no problem: `remark` says so. One that is missing from
    a bucket that answers is.
    """
    try:
        problems = tuple(_problems(_reader(uri), uri, expected))
    except _Unreachable as error:
        why = f"{uri} cannot be reached from here ({error})"
        return Looked((), f"{why}, so its bytes were not digested again")
    return Looked(problems, f"{uri} was digested again")


def _problems(read: Read, uri: str, expected: str) -> Iterator[str]:
    manifest = read(MANIFEST)
    if manifest is None:
        yield f"{uri} holds no {MANIFEST}, expected the bundle {expected}"
        return
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    if digest != expected:
        yield f"{uri} holds {digest}, expected {expected}"
        return
    # From here on its own digest vouches for what the manifest says.
    for name, entry in sorted(json.loads(manifest)["files"].items()):
        content = read(name)
        if content is None:
            yield f"{uri}/{name} is missing"
        elif hashlib.sha256(content).hexdigest() != entry["sha256"]:
            yield f"{uri}/{name} has other bytes than its manifest says"


def _reader(uri: str) -> Read:
    scheme = urlsplit(uri).scheme
    if scheme == "file":
        return _from_folder(Path(unquote(urlsplit(uri).path)))
    if scheme == "s3":
        return _from_bucket(uri)
    raise _Unreachable(f"nobody here reads {scheme}://")


def _from_folder(folder: Path) -> Read:
    if not (folder / MANIFEST).is_file():
        raise _Unreachable("no such folder on this machine")

    def read(name: str) -> bytes | None:
        file = folder / name
        return file.read_bytes() if file.is_file() else None

    return read


def _from_bucket(uri: str) -> Read:
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    client = _client()

    def read(name: str) -> bytes | None:
        try:
            body: bytes = client.get_object(Bucket=bucket, Key=f"{prefix}/{name}")["Body"].read()
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            if code in _ABSENT:
                return None
            raise _Unreachable(f"the server says {code}") from error
        except BotoCoreError as error:
            raise _Unreachable(str(error)) from error
        return body

    return read


def _client() -> Any:
    """Reads the variables that `resources.object_store` reads, and keys where the SDKs do."""
    import boto3

    given = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return boto3.client("s3", region_name=given or _ANY_REGION)
