"""Object stores that speak S3: how they are reached, and what the lake needs of them.

Keys come from the places where the AWS SDKs look for them (environment, profile, role of the
machine); Slipway reads none of them.
"""

import ipaddress
import uuid
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from resources.errors import ObjectStoreRefused
from resources.settings import AwsSettings

SCHEME = "s3://"
PROBE = ".slipway-probe-"
PRECONDITION_FAILED = 412
# What servers that are not AWS expect to be signed for.
ANY_REGION = "us-east-1"


def split(uri: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://bucket/prefix`; the prefix is empty or ends with a slash."""
    bucket, _, prefix = uri.removeprefix(SCHEME).partition("/")
    prefix = prefix.strip("/")
    return bucket, f"{prefix}/" if prefix else ""


def lake_options(uri: str, aws: AwsSettings) -> dict[str, str]:
    """What delta-rs is told of a lake besides the environment, which it reads by itself.

    Raises
    ------
    ObjectStoreRefused
        If rows would cross a network unencrypted.
    """
    if not uri.startswith(SCHEME):
        return {}
    options = {"conditional_put": "etag"}
    endpoint = aws.s3_endpoint
    if endpoint:
        options |= {"endpoint": endpoint, "region": aws.s3_region or ANY_REGION}
    if endpoint.startswith("http://"):
        if not (aws.allow_http or is_loopback(endpoint)):
            raise ObjectStoreRefused(
                endpoint,
                "it is neither https nor on this machine",
                "use https, or set AWS_ALLOW_HTTP=true if the network is yours alone",
            )
        options["allow_http"] = "true"
    return options


def is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def s3_client(aws: AwsSettings) -> Any:
    """A boto3 client, one for the process: threads may share it, and to make it takes 0.3 s.

    It raises `sdk_errors()`.
    """
    from dagster_aws.s3 import S3Resource

    region = aws.s3_region or (ANY_REGION if aws.s3_endpoint else None)
    return S3Resource(endpoint_url=aws.s3_endpoint or None, region_name=region).get_client()


def sdk_errors() -> tuple[type[Exception], ...]:
    """What boto3 raises: the server's refusals, and whatever keeps it from being asked."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def status(error: Exception) -> int | None:
    """The HTTP status of a server's refusal; None if the server was never asked."""
    response = getattr(error, "response", {})
    found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return int(found) if found is not None else None


def prove_lake(uri: str, aws: AwsSettings) -> None:
    """Write an object of the lake twice with `If-None-Match: *`; the second must be refused.

    Without that promise two writers of a table can both believe that they wrote a version, and the
    rows of one are lost. A lake in a folder needs no proof.

    Raises
    ------
    ObjectStoreRefused
        If the server takes both, or cannot be asked.
    """
    if not uri.startswith(SCHEME):
        return
    lake_options(uri, aws)
    bucket, prefix = split(uri)
    place = {"Bucket": bucket, "Key": f"{prefix}{PROBE}{uuid.uuid4().hex}"}
    try:
        taken = _put_twice(s3_client(aws), place)
    except sdk_errors() as error:
        raise ObjectStoreRefused(
            uri,
            f"cannot be written ({error})",
            "see that the bucket is there, AWS_ENDPOINT_URL, and the keys in the environment",
        ) from error
    if taken > 1:
        raise ObjectStoreRefused(
            uri,
            "its server ignores `If-None-Match: *`, so that two writers could lose rows",
            "use one that honours it, or a folder as SLIPWAY_LAKE_URI",
        )


def _put_twice(client: Any, place: dict[str, str]) -> int:
    """How many of two writes the server took; it holds nothing afterwards."""
    taken = 0
    try:
        for content in (b"first", b"second"):
            client.put_object(**place, Body=content, IfNoneMatch="*")
            taken += 1
    except sdk_errors() as error:
        if taken == 0 or status(error) != PRECONDITION_FAILED:
            raise
    finally:
        client.delete_object(**place)
    return taken
