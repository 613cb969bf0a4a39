import os
import threading
import time
from pathlib import Path

import pytest

from resources.artifacts import Artifacts
from resources.errors import ArtifactError
from serving.bundle import open_bundle, write_bundle
from tests.support.bundles import line_contents

FILES = {"report.json": b"{}", "report.html": b"<html>"}
WHERE = ("reports", "fraud", "abc")


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path / "artifacts")


def test_published_files_can_be_loaded(artifacts):
    assert not artifacts.has(*WHERE)
    folder = artifacts.publish(*WHERE, FILES)
    assert artifacts.has(*WHERE)
    assert folder == artifacts.folder(*WHERE)
    assert {name: artifacts.load(*WHERE, name) for name in FILES} == FILES


def test_what_was_published_first_stays(artifacts):
    artifacts.publish(*WHERE, FILES)
    artifacts.publish(*WHERE, {"report.json": b"other"})
    assert artifacts.load(*WHERE, "report.json") == b"{}"
    assert artifacts.load(*WHERE, "report.html") == b"<html>"


def test_a_publication_that_fails_leaves_nothing(artifacts, tmp_path):
    with pytest.raises(ArtifactError, match=r"reports/fraud/abc cannot be written"):
        artifacts.publish(*WHERE, {"good": b"", "no/such/folder": b""})
    assert not artifacts.has(*WHERE)
    assert list(artifacts.folder(*WHERE).parent.iterdir()) == []


def test_a_root_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match=r"file/reports/fraud/abc cannot be written: .*"):
        Artifacts(tmp_path / "file").publish(*WHERE, FILES)


def test_publications_at_once_leave_the_files_of_exactly_one(artifacts):
    barrier = threading.Barrier(8)

    def publish(number: int) -> None:
        barrier.wait()
        artifacts.publish(*WHERE, dict.fromkeys(FILES, b"%d" % number))

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {artifacts.load(*WHERE, name) for name in FILES}
    assert len(found) == 1
    assert os.listdir(artifacts.folder(*WHERE).parent) == ["abc"]  # noqa: PTH208 -- names alone


def test_a_reader_never_sees_a_part_of_a_publication(artifacts):
    many = {f"{number}": b"x" * 10_000 for number in range(40)}
    writer = threading.Thread(target=artifacts.publish, args=(*WHERE, many))
    writer.start()
    while not artifacts.has(*WHERE):
        assert writer.is_alive() or artifacts.has(*WHERE)
    seen = sorted(path.name for path in artifacts.folder(*WHERE).iterdir())
    writer.join()
    assert seen == sorted(many)


def test_a_file_that_is_not_there_is_named(artifacts):
    artifacts.publish(*WHERE, FILES)
    with pytest.raises(ArtifactError, match=r"abc/plot.png cannot be read: No such file"):
        artifacts.load(*WHERE, "plot.png")
    with pytest.raises(ArtifactError, match=r"other/report.json cannot be read"):
        artifacts.load("reports", "fraud", "other", "report.json")


def test_a_bundle_is_found_where_its_store_put_it(artifacts):
    made = write_bundle(artifacts.bundles("line"), line_contents())
    assert artifacts.bundle_folder("line", made.digest) == made.folder
    assert artifacts.bundle_uri("line", made.digest) == made.folder.as_uri()
    assert open_bundle(artifacts.bundle_folder("line", made.digest), made.digest) == made


def test_a_file_address_is_taken_and_any_other_refused(tmp_path):
    assert Artifacts(tmp_path.as_uri()).bundles("m") == tmp_path / "bundles" / "m"
    with pytest.raises(ArtifactError, match="got 's3://bucket/x', expected a local folder or file"):
        Artifacts("s3://bucket/x")


def test_a_relative_root_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Artifacts("here").bundles("m") == tmp_path / "here" / "bundles" / "m"


def aged(artifacts: Artifacts, *where: str, hours: float) -> Path:
    """A published folder that nobody used for so long."""
    folder = artifacts.publish(*where, FILES)
    then = time.time() - 3600 * hours
    os.utime(folder, (then, then))
    return folder


def test_what_is_stored_is_told_with_its_weight_and_its_last_use(artifacts):
    aged(artifacts, *WHERE, hours=2)
    (found,) = artifacts.stored("reports", "fraud")
    assert (found.key, found.size) == ("abc", sum(map(len, FILES.values())))
    assert 7200 <= found.idle < 7300
    assert artifacts.stored("reports", "iris") == []


def test_asking_for_a_key_is_using_it(artifacts):
    aged(artifacts, *WHERE, hours=2)
    assert artifacts.has(*WHERE)
    (found,) = artifacts.stored("reports", "fraud")
    assert found.idle < 100
    assert not artifacts.remove(*WHERE, idle=3600)
    assert artifacts.load(*WHERE, "report.json") == b"{}"


def test_what_is_removed_is_gone_whole_and_can_be_published_again(artifacts):
    folder = aged(artifacts, *WHERE, hours=2)
    assert artifacts.remove(*WHERE, idle=3600)
    assert list(folder.parent.iterdir()) == []
    assert not artifacts.remove(*WHERE, idle=3600)
    artifacts.publish(*WHERE, FILES)
    assert artifacts.has(*WHERE)


def test_what_a_killed_process_left_is_cleared_away_a_day_later(artifacts):
    folder = aged(artifacts, *WHERE, hours=2)
    for name, hours in ((".removed-old", 25), (".writing-now", 1)):
        (folder.parent / name).mkdir()
        then = time.time() - 3600 * hours
        os.utime(folder.parent / name, (then, then))
    artifacts.remove(*WHERE, idle=3600)
    assert [one.name for one in folder.parent.iterdir()] == [".writing-now"]
