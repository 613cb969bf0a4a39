"""What a look at git costs, and that it misses nothing."""

from platform_assets.board.gather import Git
from tests.board.conftest import FOLDERS


class Counted:
    """A forge that counts how often histories are asked for."""

    def __init__(self, forge):
        self._forge, self.histories = forge, 0

    def __getattr__(self, name):
        return getattr(self._forge, name)

    def history(self, path, revision, count):
        self.histories += 1
        return self._forge.history(path, revision, count)


def look(around):
    forge = Counted(around.at.forge)
    return forge, Git(forge, around.at.runtime, lambda: list(FOLDERS))


def test_histories_are_read_again_only_where_something_has_changed(changing):
    """An open page asks every five seconds, and each history is one reading for each commit."""
    forge, git = look(changing)
    first = git()
    forge.histories = 0
    assert git() == first
    assert forge.histories == 0
    changing.at.staging("c")
    live = git()["fraud", "staging"].live
    assert (live.digest[-1], forge.histories) == ("c", 1)


def test_a_place_whose_record_alone_has_changed_is_read_again(changing):
    _, git = look(changing)
    before = git()["fraud", "production"]
    changing.at.approve("b")
    waiting = git()["fraud", "production"]
    changing.at.reconciler.reconcile("production", "fraud")
    proven = git()["fraud", "production"]
    assert [one.live.digest[-1] for one in (before, proven)] == ["a", "b"]
    assert waiting.place.commit == proven.place.commit
    assert waiting.live is None or waiting.live.digest[-1] == "a"


def test_evidence_that_cannot_be_read_is_none_and_hides_nothing_else(changing):
    """One such file, pushed by hand, took all that git says off the board."""
    changing.at.by_hand("c", "not JSON")
    _, git = look(changing)
    found = git()["fraud", "staging"]
    assert found.live.digest[-1] == "c"
    assert [one.bundle_digest[-1] for one in found.released] == ["a", "b"]
