"""Where S3 is, what delta-rs is told of it, and what a server must promise."""

import pytest

from platform_assets.wiring import build_lake
from resources.errors import ObjectStoreRefused
from resources.object_store import is_loopback, lake_options, prove_lake, split
from resources.settings import AwsSettings, Settings
from tests.support.object_stores import careless_server

LAKE = "s3://bucket/lake"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in AwsSettings.model_fields:
        monkeypatch.delenv(f"AWS_{name.upper()}", raising=False)


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://bucket", ("bucket", "")),
        ("s3://bucket/", ("bucket", "")),
        ("s3://bucket/a/b/", ("bucket", "a/b/")),
        ("s3://bucket/a", ("bucket", "a/")),
    ],
)
def test_an_address_is_a_bucket_and_a_prefix(uri, parts):
    assert split(uri) == parts


@pytest.mark.parametrize(
    ("endpoint", "here"),
    [
        ("http://127.0.0.1:9000", True),
        ("http://localhost:9000", True),
        ("http://[::1]:9000", True),
        ("http://10.0.0.1", False),
        ("https://s3.example.org", False),
        ("http://localhost.example.org", False),
    ],
)
def test_loopback_is_told_from_other_machines(endpoint, here):
    assert is_loopback(endpoint) is here


def test_a_lake_in_a_folder_needs_nothing():
    assert lake_options("/srv/lake", AwsSettings(endpoint_url="http://10.0.0.1")) == {}
    prove_lake("/srv/lake", AwsSettings())


def test_aws_itself_is_found_by_the_sdk_alone():
    assert lake_options(LAKE, AwsSettings()) == {"conditional_put": "etag"}


def test_a_server_of_ones_own_needs_no_region():
    options = lake_options(LAKE, AwsSettings(endpoint_url="https://s3.example.org"))
    assert options["endpoint"] == "https://s3.example.org"
    assert options["region"] == "us-east-1"
    assert "allow_http" not in options


def test_the_names_for_s3_alone_go_first(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://all.example.org")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.org")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    options = lake_options(LAKE, AwsSettings())
    assert (options["endpoint"], options["region"]) == ("https://s3.example.org", "eu-central-1")


def test_http_is_for_this_machine_unless_it_is_allowed():
    there = "http://minio:9000"
    with pytest.raises(ObjectStoreRefused, match=r"minio:9000: it is neither https nor on this"):
        lake_options(LAKE, AwsSettings(endpoint_url=there))
    for allowed in (
        AwsSettings(endpoint_url=there, allow_http=True),
        AwsSettings(endpoint_url="http://127.0.0.1:1"),
    ):
        assert lake_options(LAKE, allowed)["allow_http"] == "true"


def test_no_key_passes_through_the_settings(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")
    assert "very-secret" not in repr((AwsSettings(), lake_options(LAKE, AwsSettings())))


@pytest.fixture(
    params=[
        pytest.param("moto", marks=pytest.mark.slow),
        pytest.param("radosgw", marks=pytest.mark.e2e),
    ]
)
def store(request, monkeypatch):
    found = request.getfixturevalue(request.param)
    found.enter(monkeypatch)
    return found


def test_a_server_that_refuses_to_overwrite_is_taken_and_left_as_it_was(store):
    bucket = store.new_bucket()
    prove_lake(f"s3://{bucket}/lake", AwsSettings())
    assert "Contents" not in store.client().list_objects_v2(Bucket=bucket)


def test_the_platform_is_wired_to_the_store_of_the_environment(store):
    lake = build_lake(Settings(lake_uri=f"s3://{store.new_bucket()}/lake"))
    assert not lake.exists("fraud/raw")


def test_a_bucket_that_is_not_there_is_told(store):
    with pytest.raises(
        ObjectStoreRefused, match=r"s3://nobody-made-it/lake: cannot be written .*; see"
    ):
        prove_lake("s3://nobody-made-it/lake", AwsSettings())


@pytest.mark.e2e
def test_a_wrong_key_is_told(radosgw, monkeypatch):
    radosgw.enter(monkeypatch)
    bucket = radosgw.new_bucket()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    # Clients are kept by their settings, and another region is another setting.
    with pytest.raises(ObjectStoreRefused, match="SignatureDoesNotMatch"):
        prove_lake(f"s3://{bucket}/lake", AwsSettings(region="elsewhere"))


def test_a_server_that_takes_both_writes_is_refused(monkeypatch):
    with careless_server() as store:
        store.enter(monkeypatch)
        with pytest.raises(ObjectStoreRefused, match=r"ignores `If-None-Match: \*`, so that two"):
            prove_lake(LAKE, AwsSettings())
