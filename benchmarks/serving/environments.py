"""An environment for each peer that is not in our lock, made once under `.venv-bench/`."""

import subprocess
import sys
from pathlib import Path

from resources.settings import CHECKOUT

FOLDER = CHECKOUT / ".venv-bench"
# The pipeline's file is read by all of them, so what it is made of must be the same.
SAME = ("scikit-learn==1.9.1", "pandas==2.3.3", "numpy==2.4.6")
PACKAGES = {
    "bentoml": ("bentoml==1.4.40", *SAME),
    "litserve": ("litserve==0.2.19", *SAME),
    "mlserver": ("mlserver==1.7.1", *SAME),
}


def scripts(name: str) -> Path:
    """The folder of an environment's commands; an empty name means our own."""
    if not name:
        return Path(sys.executable).parent
    folder = FOLDER / name
    done = folder / ".ready"
    wanted = "\n".join(PACKAGES[name])
    if not done.exists() or done.read_text() != wanted:
        uv = Path(sys.executable).with_name("uv")
        subprocess.run((uv, "venv", "--clear", "--quiet", folder), check=True)
        install = (uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python")
        subprocess.run((*install, *PACKAGES[name]), check=True)
        done.write_text(wanted)
    return folder / "bin"
