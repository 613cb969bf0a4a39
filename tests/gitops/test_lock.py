import subprocess
import sys

import pytest

from gitops.lock import Busy, exclusive

HOLD = """
import sys, time
from pathlib import Path
from gitops.lock import exclusive
with exclusive(Path(sys.argv[1]), 5):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock until it is killed."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_lock_of_another_process_is_busy(holder, tmp_path):
    with pytest.raises(Busy, match="lock"), exclusive(tmp_path / "lock", 0.05):
        raise AssertionError("both have it")


def test_a_lock_dies_with_its_process(holder, tmp_path):
    holder.kill()
    holder.wait()
    with exclusive(tmp_path / "lock", 0.0):
        assert (tmp_path / "lock").is_file()


def test_a_lock_is_free_after_its_block(tmp_path):
    for _ in range(2):
        with exclusive(tmp_path / "folder" / "lock", 0.0):
            assert (tmp_path / "folder" / "lock").is_file()
