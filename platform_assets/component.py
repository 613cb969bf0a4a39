"""The component that turns a model's folder into its asset graph."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import dagster as dg
from pydantic import BaseModel

from gitops.errors import PolicyInvalid
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
from platform_assets.release import batch_predictions, deployment, first_release, later_promotion
from platform_assets.release.stages import DEFAULT, Stage, stages_of
from platform_assets.scaffolder import ModelScaffolder
from platform_assets.spec import ModelSpec
from platform_assets.watch import monitoring, practices, predictions, score
from platform_assets.watch.drills.assets import drills
from platform_assets.wiring import followed_policy
from resources.settings import load_settings

ASSET_MODULES = (
    landing,
    raw,
    cleaned,
    training_set,
    candidate_model,
    registry_entry,
    evaluation_report,
    upkeep,
    predictions,
    monitoring,
    practices,
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
        policy = followed_policy(load_settings())
        try:
            policy.require_name(self.folder.name)
        except PolicyInvalid as error:
            raise SpecError(f"{self.folder.path}: {error}") from error
        canary = self.folder.spec.serving.canary
        for name in canary.environments if canary else ():
            if name not in policy.names:
                raise SpecError(
                    f"{self.folder.path}: serving.canary.environments: got {name!r}, expected some "
                    f"of {', '.join(policy.names)}"
                )
        return pipeline(self.folder, stages_of(policy))


def pipeline(folder: ModelFolder, stages: Sequence[Stage] = DEFAULT) -> dg.Definitions:
    """The assets, checks, jobs and sensors of one model."""
    assets = assets_of(folder, stages)
    by_itself = automation(folder, stages, score.checks_of(assets))
    return dg.Definitions.merge(dg.Definitions(assets=assets), by_itself)


def assets_of(folder: ModelFolder, stages: Sequence[Stage] = DEFAULT) -> list[dg.AssetsDefinition]:
    """What one model is made of, with a release and a deployment for each environment."""
    built = [module.build(folder) for module in ASSET_MODULES]
    built.append(batch_predictions.build(folder, stages[-1].environment))
    for stage in stages:
        bringing = later_promotion if stage.earlier else first_release
        built += [bringing.build(folder, stage), deployment.build(folder, stage)]
    built += drills(folder, stages)
    return [*built, score.build(folder, score.checks_of(built))]
