from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from platform_assets.data.sources.bucket import BucketSource
from platform_assets.errors import SourceUnavailable
from resources.settings import AwsSettings
from tests.contracts.source_suite import ROWS, SourceContract, names, one
from tests.support.object_stores import moto_server

PREFIX = "team/landing"


@dataclass(frozen=True)
class Bucket:
    """A prefix of a bucket; other objects stand beside it."""

    client: Any
    name: str

    def put(self, name: str, content: bytes, **more: str) -> None:
        self.client.put_object(Bucket=self.name, Key=f"{PREFIX}/{name}", Body=content, **more)

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=f"{PREFIX}/{name}")

    def source(self, pattern: str) -> BucketSource:
        return BucketSource(f"s3://{self.name}/{PREFIX}/", pattern, AwsSettings())


def new_bucket(store) -> Bucket:
    client, name = store.client(), f"bucket-{uuid4().hex}"
    client.create_bucket(Bucket=name)
    client.put_object(Bucket=name, Key="team/landing-of-others/x.csv", Body=ROWS)
    return Bucket(client, name)


@pytest.fixture(scope="module")
def moto():
    with moto_server() as store:
        yield store


@pytest.fixture
def shelf(moto, monkeypatch):
    moto.enter(monkeypatch)
    return new_bucket(moto)


class TestBucketSourceOnMoto(SourceContract):
    pass


def test_folder_markers_are_no_files(shelf):
    shelf.put("", b"")
    shelf.put("2024/", b"")
    shelf.put("2024/a.csv", ROWS)
    listing = shelf.source("**/*.csv").listing()
    assert ([arrival.name for arrival in listing.finished], dict(listing.skipped)) == (
        ["2024/a.csv"],
        {},
    )


def test_an_archived_object_is_skipped(shelf):
    shelf.put("a.csv", ROWS, StorageClass="GLACIER")
    assert dict(shelf.source("*.csv").listing().skipped) == {"a.csv": "is archived (GLACIER)"}


def test_a_listing_of_several_pages_is_whole(shelf):
    wanted = [f"{number:04}.csv" for number in range(1_001)]
    for name in wanted:
        shelf.put(name, b"")
    assert names(shelf.source("*.csv")) == wanted


def test_a_bucket_that_is_not_there_is_named(shelf):
    source = BucketSource("s3://nobody/landing", "*.csv", AwsSettings())
    with pytest.raises(SourceUnavailable, match=r"s3://nobody/landing: .*NoSuchBucket"):
        source.listing()


def test_a_server_that_is_not_there_is_named(shelf, monkeypatch):
    arrival = put_one(shelf)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    source = shelf.source("*.csv")
    with pytest.raises(SourceUnavailable, match="Could not connect to the endpoint URL"):
        source.open(arrival)


def put_one(shelf):
    shelf.put("a.csv", ROWS)
    return one(shelf.source("*.csv"))
