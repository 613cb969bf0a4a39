import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from platform_assets.data.sources.folder import QUIET_SECONDS, FolderSource
from platform_assets.errors import ArrivalChanged, SourceUnavailable
from tests.contracts.source_suite import ROWS, SourceContract, names, one

NOBODY = 65534


@dataclass(frozen=True)
class Folder:
    """A landing folder, seen after whoever writes to it has been quiet for long enough."""

    path: Path

    def put(self, name: str, content: bytes) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def remove(self, name: str) -> None:
        (self.path / name).unlink()

    def source(self, pattern: str) -> FolderSource:
        return FolderSource(self.path, pattern, clock=lambda: time.time() + 2 * QUIET_SECONDS)


@pytest.fixture
def shelf(tmp_path):
    (tmp_path / "landing").mkdir()
    return Folder(tmp_path / "landing")


class TestFolderSource(SourceContract):
    pass


def skipped(shelf, pattern="**/*.csv"):
    return dict(shelf.source(pattern).listing().skipped)


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path):
    assert FolderSource(tmp_path / "later", "*.csv").listing().finished == ()


def test_a_file_where_the_folder_should_be_makes_the_place_unavailable(tmp_path):
    (tmp_path / "landing").touch()
    with pytest.raises(SourceUnavailable, match=r"landing: cannot be reached \(Not a directory\)"):
        FolderSource(tmp_path / "landing", "*.csv").listing()


def test_a_file_is_left_alone_until_its_writer_has_been_quiet(tmp_path):
    Folder(tmp_path).put("a.csv", ROWS)
    written = (tmp_path / "a.csv").stat().st_mtime
    soon = FolderSource(tmp_path, "*.csv", clock=lambda: written + QUIET_SECONDS / 2)
    assert dict(soon.listing().skipped) == {"a.csv": "still being written"}
    later = FolderSource(tmp_path, "*.csv", clock=lambda: written + QUIET_SECONDS)
    assert names(later) == ["a.csv"]


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_whole_file_renamed_into_place_with_another_time_is_taken_at_once(tmp_path, seconds):
    Folder(tmp_path).put("a.csv.part", ROWS)
    then = time.time() + seconds
    os.utime(tmp_path / "a.csv.part", (then, then))
    (tmp_path / "a.csv.part").rename(tmp_path / "a.csv")
    assert names(FolderSource(tmp_path, "*.csv")) == ["a.csv"]


def test_a_file_that_grows_while_it_is_read_has_no_end(shelf):
    shelf.put("a.csv", ROWS * 1_000_000)
    source = shelf.source("*.csv")
    with source.open(one(source)) as file:
        file.read(10)
        with (shelf.path / "a.csv").open("ab") as writer:
            writer.write(ROWS)
        with pytest.raises(ArrivalChanged, match=r"'a\.csv' changed while it was read"):
            file.read()


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_another(shelf):
    shelf.put("a.csv", b"id\n1\n")
    before = one(shelf.source("*.csv"))
    shelf.put("b.part", b"id\n2\n")
    times = (shelf.path / "a.csv").stat()
    os.utime(shelf.path / "b.part", ns=(times.st_atime_ns, times.st_mtime_ns))
    (shelf.path / "b.part").rename(shelf.path / "a.csv")
    assert one(shelf.source("*.csv")).stamp != before.stamp


def test_a_link_out_of_the_folder_is_skipped_and_one_within_is_followed(shelf, tmp_path):
    shelf.put("a.csv", ROWS)
    (tmp_path / "secret.csv").write_bytes(ROWS)
    (shelf.path / "out.csv").symlink_to(tmp_path / "secret.csv")
    (shelf.path / "in.csv").symlink_to("a.csv")
    assert names(shelf.source("*.csv")) == ["a.csv", "in.csv"]
    assert skipped(shelf) == {"out.csv": "links out of the folder"}


def test_what_cannot_be_read_as_a_file_is_skipped_with_its_reason(shelf, tmp_path):
    (shelf.path / "folder.csv").mkdir()
    (shelf.path / "linked").symlink_to(tmp_path)
    (shelf.path / "lost.csv").symlink_to("nowhere")
    (shelf.path / "loop.csv").symlink_to("loop.csv")
    os.mkfifo(shelf.path / "pipe.csv")
    assert skipped(shelf, "*.csv") == {
        "folder.csv": "is a folder, and the pattern looks in none",
        "linked": "is a linked folder",
        "loop.csv": "cannot be read (Too many levels of symbolic links)",
        "lost.csv": "links to nothing",
        "pipe.csv": "is no regular file",
    }


def test_a_name_that_is_no_utf_8_is_skipped_and_spelled_out(shelf):
    os.close(os.open(os.fsencode(shelf.path) + b"/caf\xe9.csv", os.O_CREAT | os.O_WRONLY))
    assert skipped(shelf) == {"caf\\xe9.csv": "its name is not UTF-8"}


def test_a_file_that_may_not_be_read_is_skipped(shelf, tmp_path):
    shelf.put("a.csv", ROWS)
    (shelf.path / "a.csv").chmod(0o000)
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest" in folder.as_posix():
            folder.chmod(0o755)
    with without_root():
        assert skipped(shelf) == {"a.csv": "cannot be read (Permission denied)"}


@contextmanager
def without_root():
    """Root may read everything, so a test that runs as root takes on the rights of nobody."""
    before = os.geteuid()
    os.seteuid(NOBODY if before == 0 else before)
    try:
        yield
    finally:
        os.seteuid(before)
