"""kill -9 at random moments of taking in and cleaning; then every row is in exactly one table."""

from collections import Counter
from dataclasses import replace

import pytest

from platform_assets.data.cleaning import ROWS
from resources.object_store import lake_options
from resources.settings import AwsSettings
from tests.conftest import SUMMARY
from tests.support.chaos import (
    IDLE,
    File,
    files,
    kill_often,
    pass_seconds,
)
from tests.support.delivered import Deliveries

SEED = 20260301
FILE_ROWS = 400
# A lake of its own for so many kills: a process that starts reads the logs of its tables, and one
# that reads long logs is killed before it has begun.
ROUND = 25
# Of an undisturbed pass: the longest that a process is let live.
LONGEST = 1.5
E2E = [pytest.mark.e2e, pytest.mark.timeout(1800)]
CASES = [
    pytest.param("disk", 10, marks=pytest.mark.slow),
    pytest.param("moto", 10, marks=E2E),
    pytest.param("disk", 100, marks=E2E),
    pytest.param("radosgw", 100, marks=E2E),
]


@pytest.fixture
def deliveries(request, tmp_path, monkeypatch):
    """A landing folder, and a lake on each kind of store.

    Killed processes come from a server that was started in another environment, so the keys go
    with the lake.
    """
    if request.param == "disk":
        return Deliveries(str(tmp_path / "lake"), tmp_path / "landing")
    store = request.getfixturevalue(request.param)
    store.enter(monkeypatch)
    root = f"s3://{store.new_bucket()}/lake"
    keys = {"access_key_id": store.access_key, "secret_access_key": store.secret_key}
    options = lake_options(root, AwsSettings()) | keys
    return Deliveries(root, tmp_path / "landing", options)


@pytest.mark.parametrize(("deliveries", "kills"), CASES, indirect=["deliveries"])
def test_killed_at_any_moment_no_row_is_lost_or_doubled(deliveries, kills, record_property):
    trial = under(deliveries, "trial")
    seconds = pass_seconds(trial, files(SEED, FILE_ROWS))
    total = Counter[str]()
    for begun in range(0, kills, ROUND):
        place, seed = under(deliveries, f"round-{begun}"), SEED + begun
        often = min(ROUND, kills - begun)
        source = files(seed, FILE_ROWS)
        delivered, phases = kill_often(place, source, often, LONGEST * seconds, seed)
        total += phases
        place.take_in()
        place.clean()
        assert_reconciled(place, delivered)
        assert_as_if_nothing_had_happened(place)
    told = ", ".join(f"{many} {phase}" for phase, many in sorted(total.items()))
    record_property(SUMMARY, f"{kills} kills around the {seconds:.2f} s of a pass: {told}")
    assert total.total() == kills
    assert kills - total[IDLE] >= kills // 4


def under(deliveries: Deliveries, name: str) -> Deliveries:
    """Another lake and landing folder beside those of the fixture."""
    landing = deliveries.landing / name
    return replace(deliveries, root=f"{deliveries.root}-{name}", landing=landing)


def assert_reconciled(deliveries: Deliveries, delivered: list[File]) -> None:
    """Each row of each file is in exactly one table, and the tables' own account agrees."""
    rows = {file.name: list(range(file.rows)) for file in delivered}
    names = {one.number: one.file for one in deliveries.landed()}
    assert {names[number]: places for number, places in deliveries.places().items()} == rows
    lake = deliveries.lake
    kept = lake.count("orders/cleaned") + lake.count("orders/quarantine")
    assert kept == lake.mark("orders/quarantine", ROWS) == sum(file.rows for file in delivered)


def assert_as_if_nothing_had_happened(deliveries: Deliveries) -> None:
    undisturbed = replace(deliveries, root=f"{deliveries.root}-undisturbed")
    undisturbed.take_in(most=100_000)
    undisturbed.clean()
    assert deliveries.clean_rows() == undisturbed.clean_rows()
    assert deliveries.broken_rows() == undisturbed.broken_rows()
