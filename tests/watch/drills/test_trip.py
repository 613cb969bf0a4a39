"""What a drill changes in git, without the requests that time it."""

import pytest

from gitops.holds import hold, read_holds
from platform_assets.errors import DrillFailed
from platform_assets.watch.drills.trip import REASON, Ground, Trip
from tests.gitops.conftest import at, serve
from tests.support.releases import digest

__all__ = ["at", "serve"]


@pytest.fixture
def ground(at):
    at.staging("a")
    at.staging("b")
    return Ground(at.forge, "staging", "fraud", "ann")


def held(ground):
    holds = read_holds(ground.forge, "staging", "fraud", ground.forge.head())
    return {one.digest: one.reason for one in holds}


def test_planning_changes_nothing(ground):
    head = ground.forge.head()
    trip = Trip.planned(ground)
    assert (trip.live, trip.before.digest) == (digest("b"), digest("a"))
    assert ground.forge.head() == head


def test_the_way_back_names_the_version_before_and_holds_the_live_one(ground):
    assert Trip.planned(ground).back() == digest("a")
    assert (ground.digest(), held(ground)) == (digest("a"), {digest("b"): REASON})


def test_the_way_forth_names_the_live_one_again_and_lets_it_go(ground):
    trip = Trip.planned(ground)
    trip.back()
    assert trip.forth() == digest("b")
    assert ground.digest() == digest("b")
    assert digest("b") not in held(ground)


def test_there_is_no_way_forth_before_the_way_back(ground):
    trip, head = Trip.planned(ground), ground.forge.head()
    with pytest.raises(DrillFailed, match="another change came meanwhile"):
        trip.forth()
    assert ground.forge.head() == head


def test_leaving_goes_forth_only_where_that_is_still_to_be_done(ground):
    trip = Trip.planned(ground)
    trip.back()
    trip.leave_as_it_was()
    head = ground.forge.head()
    trip.leave_as_it_was()
    assert (ground.digest(), held(ground), ground.forge.head()) == (digest("b"), {}, head)


def test_a_hold_that_somebody_set_is_not_let_go(ground):
    hold(ground.forge, "staging", "fraud", digest("a"), "looks odd", "bob")
    ground.let_go(digest("a"))
    assert held(ground) == {digest("a"): "looks odd"}
