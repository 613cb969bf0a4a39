"""Whoever changes git is killed right before and right after each write: old or new, never neither.

The writes are enumerated from the port, and each must belong to a deed or to an act of a pass.
"""

import pytest

from tests.support.crash_table import DEED_WRITES, table
from tests.support.deeds import DEEDS, WRITES, killed, prepare, state
from tests.support.releases import CHECKOUT

QUICK = ("promotion", "merge", "hold", "taking and giving back the lease")
POINTS = [
    pytest.param(deed, f"{when}:{write}", marks=[] if deed in QUICK else pytest.mark.e2e)
    for deed, writes in DEED_WRITES.items()
    for write in dict.fromkeys(writes)
    for when in ("before", "after")
]
BY_ACTS = {"write_record"}


def test_every_write_of_the_port_belongs_to_a_deed_or_an_act():
    assert set(DEED_WRITES) == set(DEEDS)
    assert {write for writes in DEED_WRITES.values() for write in writes} | BY_ACTS == WRITES


@pytest.mark.parametrize(("deed", "point"), POINTS)
def test_a_deed_killed_around_a_write_ends_old_or_new_and_again_ends_it(at, tmp_path, deed, point):
    prepare(at, deed)
    told, old = tmp_path / "told", state(at.forge)
    assert killed(at.forge, deed, point, told)
    between = state(at.forge)
    assert not killed(at.forge, deed, "never", told)
    new = state(at.forge)
    if deed not in ("promotion", "taking and giving back the lease"):
        assert between in (old, new)
    assert new["files"] == between["files"] or old["files"] == between["files"]


@pytest.mark.parametrize("deed", DEED_WRITES)
def test_a_deed_writes_what_the_table_says(at, tmp_path, deed):
    prepare(at, deed)
    told = tmp_path / "told"
    assert not killed(at.forge, deed, "never", told)
    reached = [line.partition(":")[2] for line in told.read_text().splitlines()]
    assert tuple(reached[::2]) == DEED_WRITES[deed]


def test_the_table_in_the_documentation_is_the_enumeration():
    assert table() in (CHECKOUT / "docs" / "operating.md").read_text()
