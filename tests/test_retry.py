"""What CI runs again: tests that failed, of a session that was run to its end."""

import json
import os
import subprocess
import sys

from resources.settings import CHECKOUT

TESTS = """
def test_fails():
    assert False

def test_ends():
    raise KeyboardInterrupt

def test_never_run():
    assert False
"""


def test_nothing_is_run_again_of_a_session_that_ended_early(tmp_path):
    """CI passed once the one test that had failed before then did so."""
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_sessionfinish\n")
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    alone = {"CI": "true", "PYTHONPATH": str(CHECKOUT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = (sys.executable, "-m", "pytest", "-q", str(tmp_path))
    environment = {**os.environ, **alone}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 2
    found = tmp_path / ".pytest_cache" / "v" / "cache" / "lastfailed"
    assert json.loads(found.read_text()) == {}
