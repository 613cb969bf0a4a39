"""A person's rows leave a lake on S3 as they leave a folder."""

from platform_assets.data.forgetting import forget
from platform_assets.data.subject import subject
from tests.support.lakes import stored
from tests.support.yard import BAD, Yard, with_bad_rows


def test_nothing_of_a_person_is_left_in_any_file_of_any_table(tmp_path, root):
    yard = Yard(tmp_path, at=root)
    yard.deliver("a.csv", with_bad_rows(rows=6, bad=1))
    yard.lake.overwrite("tiny/training_set", yard.lake.read("tiny/cleaned"), "f1")
    cleaner = yard.cleaner()
    done = forget(cleaner, subject("tiny", cleaner.contract, None, ("o5",)))
    assert (done.found.rows, done.training_rows) == (1, 1)
    assert (yard.clean(), yard.quarantined(), yard.whole()) == (4, {BAD: 1}, True)
    files = [
        content for name in done.freed for content in stored(yard.lake, f"tiny/{name}").values()
    ]
    assert not any(b"o5" in content for content in files)
    assert any(b"o4" in content for content in files)
