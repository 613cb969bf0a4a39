"""The component that turns a model's folder into its asset graph."""

from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import BaseModel

from platform_assets.automation import automation
from platform_assets.data import cleaned, landing, raw
from platform_assets.errors import SpecError
from platform_assets.folder import ModelFolder, load_folder
from platform_assets.model import (
    candidate_model,
    evaluation_report,
    registry_entry,
    training_set,
    upkeep,
)
from platform_assets.release import (
    production_deployment,
    production_promotion,
    staging_deployment,
    staging_release,
)
from platform_assets.scaffolder import ModelScaffolder
from platform_assets.spec import ModelSpec
from platform_assets.watch import predictions

ASSET_MODULES = (
    landing,
    raw,
    cleaned,
    training_set,
    candidate_model,
    registry_entry,
    evaluation_report,
    staging_release,
    staging_deployment,
    production_promotion,
    production_deployment,
    upkeep,
    predictions,
)


@dg.scaffold_with(ModelScaffolder)
class ModelPipeline(dg.Component):
    """One model, from its raw files to its live endpoint.

    The attributes are those of `platform_assets.spec.ModelSpec`; the folder's name is the model's.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return ModelSpec

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:
        if not isinstance(attributes, ModelSpec):
            raise SpecError(f"{context.path / 'defs.yaml'}: the key `attributes` is missing")

        def load_module(name: str) -> object:
            return context.load_defs_relative_python_module(Path(context.path / f"{name}.py"))

        return cls(load_folder(context.path, attributes, load_module))  # type: ignore[arg-type]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002  Dagster calls it
        return pipeline(self.folder)


def pipeline(folder: ModelFolder) -> dg.Definitions:
    """The assets, checks, jobs and sensors of one model."""
    assets = [module.build(folder) for module in ASSET_MODULES]
    return dg.Definitions.merge(dg.Definitions(assets=assets), automation(folder))
