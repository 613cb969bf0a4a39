"""A bundle in a bucket of a server that speaks S3, and what may happen to it there."""

from typing import Any

from serving.bundle import Bundle, write_bundle
from tests.support.bundles import line_contents


class StoredBundle:
    """The files of a bundle below an address; the server's environment was entered."""

    def __init__(self, server: Any, bundle: Bundle, bucket: str = "") -> None:
        self.digest, self.version = bundle.digest, "1"
        self._client, self._bucket = server.client(), bucket or server.new_bucket()
        self._prefix = f"team/bundles/line/{bundle.folder.name}"
        self.uri = f"s3://{self._bucket}/{self._prefix}"
        for file in bundle.folder.iterdir():
            self.write(file.name, file.read_bytes())

    @classmethod
    def line(cls, server: Any, place: Any, bias: float = 0.0) -> "StoredBundle":
        return cls(server, write_bundle(place / "made", line_contents(bias)))

    def write(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}/{name}", Body=content)

    def remove(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=f"{self._prefix}/{name}")

    def target(self, version: str = "1") -> dict[str, Any]:
        return {"bundle": {"uri": self.uri, "digest": self.digest, "version": version}}
