from dataclasses import dataclass
from typing import Any

import pytest

from platform_assets.data.sources.bucket import BucketSource
from platform_assets.errors import SourceUnavailable
from resources.settings import AwsSettings
from tests.contracts.source_suite import ROWS, SourceContract, names, one

pytestmark = pytest.mark.slow
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


def shelf_on(store, monkeypatch) -> Bucket:
    store.enter(monkeypatch)
    bucket = Bucket(store.client(), store.new_bucket())
    bucket.client.put_object(Bucket=bucket.name, Key="team/landing-of-others/x.csv", Body=ROWS)
    return bucket


@pytest.fixture(params=["moto", pytest.param("radosgw", marks=pytest.mark.e2e)])
def shelf(request, monkeypatch):
    return shelf_on(request.getfixturevalue(request.param), monkeypatch)


@pytest.fixture
def moto_shelf(moto, monkeypatch):
    """For what radosgw does not know, or takes long for."""
    return shelf_on(moto, monkeypatch)


class TestBucketSource(SourceContract):
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


def test_an_archived_object_is_skipped(moto_shelf):
    moto_shelf.put("a.csv", ROWS, StorageClass="GLACIER")
    assert dict(moto_shelf.source("*.csv").listing().skipped) == {"a.csv": "is archived (GLACIER)"}


def test_a_listing_of_several_pages_is_whole(moto_shelf):
    wanted = [f"{number:04}.csv" for number in range(1_001)]
    for name in wanted:
        moto_shelf.put(name, b"")
    assert names(moto_shelf.source("*.csv")) == wanted


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
