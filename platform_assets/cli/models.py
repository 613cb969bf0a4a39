"""Which models there are: folders of this checkout, and whatever git names."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from platform_assets.cli.errors import UnknownModel
from resources.settings import CHECKOUT

DEFS = CHECKOUT / "platform_assets" / "defs"


def model_folders(defs: Path = DEFS) -> list[str]:
    """Every folder that defines a model, by name."""
    return sorted(file.parent.name for file in defs.glob("*/defs.yaml"))


def require_model(model: str, also: Iterable[str] = ()) -> None:
    """UnknownModel unless a folder defines the model or it is one of `also`."""
    known = {*model_folders(), *also}
    if model not in known:
        raise UnknownModel(model, known)


def source_section(model: str, defs: Path = DEFS) -> dict[str, Any]:
    """Where a model's deliveries come from, as its `defs.yaml` says."""
    document = yaml.safe_load((defs / model / "defs.yaml").read_text())
    return dict(document["attributes"]["source"])


def dagster_name(model: str) -> str:
    """The model in Dagster's alphabet, as its group and jobs are called."""
    return model.replace("-", "_")


def pipeline_job(model: str) -> str:
    return f"{dagster_name(model)}_pipeline"
