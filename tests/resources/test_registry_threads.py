"""The first use of MLflow in a new process, by threads that come while another imports it."""

import shutil
import subprocess
import sys

ASK = """
import sys, threading, time
from pathlib import Path
from resources.registry import Registry

found = []

def ask(behind, folder=Path(sys.argv[1])):
    while behind and behind not in sys.modules:
        time.sleep(0.001)
    registry = Registry(f"sqlite:///{folder}/mlflow.db", folder / "artifacts")
    found.append(registry.aliases("none"))

begins = ("", "mlflow.exceptions", "mlflow.utils")
threads = [threading.Thread(target=ask, args=[one]) for one in begins]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(found)
"""


def test_threads_that_begin_while_another_imports_are_all_answered(empty_registry, tmp_path):
    """Two sensors imported MLflow at once, which left it half imported for all ticks to come."""
    shutil.copytree(empty_registry, tmp_path / "mlflow")
    command = [sys.executable, "-c", ASK, str(tmp_path / "mlflow")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "[{}, {}, {}]\n", done.stderr[-2000:]
