"""The objects of one bundle below `s3://bucket/prefix`, each read whole or not at all.

Keys come from the places where the AWS SDKs look for them (environment, profile, role of the
machine), never from a manifest.
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar

from serving.errors import BundleUnreachable, CorruptFile

SCHEME = "s3://"
# What servers that are not AWS expect to be signed for.
_ANY_REGION = "us-east-1"
_ABSENT = ("404", "NoSuchKey")
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 10, 60, 4
_KEYS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of the machine, in "
    "the environment of what serves"
)
_PLACE = "see that the bucket is there, AWS_ENDPOINT_URL, and what the keys may read"
T = TypeVar("T")


class Bucket:
    """Reads below an address; BundleUnreachable in one sentence for whatever keeps it from that."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._name, _, self._prefix = uri.removeprefix(SCHEME).partition("/")
        self._client = self._ask(_client)

    def read(self, name: str, most: int) -> bytes | None:
        """An object, None if it is not there; CorruptFile, unread, if it has over `most` bytes."""
        return self._ask(lambda: self._read(name, most))

    def _read(self, name: str, most: int) -> bytes | None:
        from botocore.exceptions import ClientError

        try:
            found = self._client.get_object(Bucket=self._name, Key=f"{self._prefix}/{name}")
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        with found["Body"] as body:
            if found["ContentLength"] > most:
                raise CorruptFile(name, f"{found['ContentLength']} bytes", f"at most {most} bytes")
            content: bytes = body.read()
        return content

    def _ask(self, request: Callable[[], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            return request()
        except NoCredentialsError as error:
            raise BundleUnreachable(self._uri, "no keys were found", _KEYS) from error
        except (BotoCoreError, ClientError) as error:
            raise BundleUnreachable(self._uri, str(error), _PLACE) from error


def _client() -> Any:
    """A client of its own session: those of boto3's default one must not be made by two threads."""
    from boto3.session import Session
    from botocore.config import Config

    given = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    patience = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
    )
    return Session().client("s3", region_name=given or _ANY_REGION, config=patience)
