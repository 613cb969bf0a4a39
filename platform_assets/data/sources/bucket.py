"""Deliveries below a prefix of a bucket that speaks S3."""

import io
from collections.abc import Iterator
from functools import cached_property
from typing import Any, BinaryIO

from platform_assets.data.sources.pattern import Pattern
from platform_assets.data.sources.port import Arrival, Listing, in_order
from platform_assets.errors import ArrivalChanged, SourceUnavailable
from resources.object_store import PRECONDITION_FAILED, s3_client, sdk_errors, split, status
from resources.settings import AwsSettings

BUFFER_BYTES = 1 << 20
NOT_FOUND = 404
ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")


class BucketSource:
    """The objects below `s3://bucket/prefix` that match a glob, in name order.

    S3 shows an object once it is whole, so none is ever still being written. A bucket that does
    not exist is unavailable: no delivery would ever make it.
    """

    def __init__(self, location: str, pattern: str, aws: AwsSettings) -> None:
        self._location = location.rstrip("/")
        self._bucket, self._prefix = split(location)
        self._pattern = Pattern(pattern)
        self._aws = aws

    @property
    def place(self) -> str:
        return self._location

    def listing(self) -> Listing:
        """What is there now; each stamp is the object's ETag."""
        finished, skipped = [], {}
        for item in self._objects():
            name = item["Key"].removeprefix(self._prefix)
            reason = self._pattern.refusal(name) or _unusable(item)
            if reason is None:
                finished.append(Arrival(name, item["ETag"].strip('"'), item["Size"]))
            else:
                skipped[name] = reason
        return Listing(in_order(finished), skipped)

    def open(self, arrival: Arrival) -> BinaryIO:
        """The object as it streams in; the server refuses it if its ETag has changed."""
        place = {"Bucket": self._bucket, "Key": f"{self._prefix}{arrival.name}"}
        try:
            answer = self._client.get_object(**place, IfMatch=f'"{arrival.stamp}"')
        except sdk_errors() as error:
            if status(error) in (NOT_FOUND, PRECONDITION_FAILED):
                now = "gone" if status(error) == NOT_FOUND else "another"
                raise ArrivalChanged(self.place, arrival.name, arrival.stamp, now) from error
            raise SourceUnavailable(self.place, str(error)) from error
        return io.BufferedReader(_Body(self.place, answer["Body"]), BUFFER_BYTES)

    @cached_property
    def _client(self) -> Any:
        return s3_client(self._aws)

    def _objects(self) -> Iterator[dict[str, Any]]:
        beginning = f"{self._prefix}{self._pattern.beginning}"
        asked = {"Bucket": self._bucket, "Prefix": beginning}
        if self._pattern.depth == beginning.count("/") - self._prefix.count("/"):
            asked["Delimiter"] = "/"
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(**asked):
                found = page.get("Contents", ())
                # Consoles mark a folder by an empty object whose key ends with a slash.
                yield from (item for item in found if not item["Key"].endswith("/"))
        except sdk_errors() as error:
            raise SourceUnavailable(self.place, str(error)) from error


class _Body(io.RawIOBase):
    """The body of an answer as a file; a connection that breaks is an error, not an end."""

    def __init__(self, place: str, body: Any) -> None:
        super().__init__()
        self._place = place
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        try:
            content = self._body.read(len(view))
        except sdk_errors() as error:
            raise SourceUnavailable(self._place, str(error)) from error
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._body.close()
        super().close()


def _unusable(item: dict[str, Any]) -> str | None:
    """Why an object cannot be read; None if it can."""
    storage = item.get("StorageClass")
    return f"is archived ({storage})" if storage in ARCHIVED else None
