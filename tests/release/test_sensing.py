from platform_assets.release.sensing import LONGEST_PAUSE, Look, Tried, decide

WAITS = Look("canary_promotion", "sha256:a", "not healthy in staging")
DUE = Look("production_promotion", "sha256:a", "")
ONCE = Tried(DUE.asset, DUE.digest, 1, at=1000.0)


def test_the_first_release_that_nothing_speaks_against_is_asked_for():
    found = decide([WAITS, DUE], Tried(), unfinished=0, now=1000.0)
    assert (found.asset, found.tried) == (DUE.asset, ONCE)


def test_what_stands_against_each_is_told():
    found = decide([WAITS], Tried(), unfinished=0, now=1000.0)
    assert (found.asset, found.reason) == ("", "canary_promotion waits: not healthy in staging")
    assert decide([], Tried(), 0, 1000.0).reason == "the candidate is released everywhere"


def test_a_run_under_way_comes_first_and_nothing_is_forgotten():
    found = decide([DUE], ONCE, unfinished=2, now=9000.0)
    assert (found.asset, found.tried) == ("", ONCE)
    assert "2 runs of this model" in found.reason


def test_a_release_that_failed_is_asked_for_again_with_growing_pauses():
    assert decide([DUE], ONCE, 0, now=1059.0).reason.endswith("again in 1 s")
    assert decide([DUE], ONCE, 0, now=1060.0).tried.times == 2
    often = Tried(DUE.asset, DUE.digest, 5000, at=0.0)
    assert decide([DUE], often, 0, now=LONGEST_PAUSE - 1).asset == ""
    assert decide([DUE], often, 0, now=LONGEST_PAUSE).asset == DUE.asset


def test_another_candidate_or_a_wait_begins_anew():
    other = Look(DUE.asset, "sha256:b", "")
    assert decide([other], ONCE, 0, now=1001.0).tried.times == 1
    assert decide([WAITS], ONCE, 0, now=1001.0).tried == Tried()


def test_what_was_tried_is_remembered_in_the_cursor():
    assert Tried.parse(ONCE.text()) == ONCE
    assert Tried.parse(None) == Tried()
