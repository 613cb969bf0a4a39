"""A model's folder, loaded for a command that works without the running stack."""

import importlib
from pathlib import Path

import yaml
from pydantic import ValidationError

from platform_assets.cli.models import DEFS, require_model
from platform_assets.data.cleaning import Cleaner
from platform_assets.errors import SpecError
from platform_assets.folder import ModelFolder, load_folder
from platform_assets.spec import ModelSpec
from resources.lake import Lake


def open_model(model: str, defs: Path = DEFS) -> ModelFolder:
    """The model as the code server has it.

    Raises
    ------
    UnknownModel
        If there is no such folder.
    SpecError
        If the folder contradicts itself.
    """
    require_model(model)
    place = defs / model / "defs.yaml"
    document = yaml.safe_load(place.read_text())
    try:
        spec = ModelSpec.model_validate(document["attributes"])
    except ValidationError as error:
        raise SpecError(f"{place}: {error}") from error
    package = f"platform_assets.defs.{model}"
    return load_folder(
        place.parent, spec, lambda name: importlib.import_module(f"{package}.{name}")
    )


def cleaner(lake: Lake, model: str) -> Cleaner:
    """What sorts the model's rows, saying nothing meanwhile."""
    return Cleaner(lake, open_model(model), lambda _: None)
