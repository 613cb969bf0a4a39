import subprocess
import sys

SCRIPT = (
    "import gc\n"
    "import onnxruntime, pydantic, serving.ingress\n"
    "from serving.heap import settle\n"
    "before = len(gc.get_objects())\n"
    "settle()\n"
    "class Later: pass\n"
    "later = Later()\n"
    "later.itself = later\n"
    "del later\n"
    "print(before, len(gc.get_objects()), gc.collect())\n"
)


def test_collections_leave_out_what_was_loaded_and_find_what_comes_later():
    """A full one took 80 ms in which nobody was answered."""
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    before, watched, collected = map(int, done.stdout.split())
    assert watched < before / 100
    assert collected > 0
