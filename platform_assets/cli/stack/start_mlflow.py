"""Become MLflow's server, once its database is whole.

A server that is killed while it makes a new database leaves one that no later server can use;
the registry makes it aside and puts it in place in one step.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from platform_assets.wiring import build_registry
from resources.settings import load_settings


def main(arguments: Sequence[str]) -> None:
    build_registry(load_settings()).prepare()
    program = str(Path(sys.executable).with_name("mlflow"))
    os.execv(program, [program, "server", *arguments])  # noqa: S606  no shell is involved


if __name__ == "__main__":
    main(sys.argv[1:])
