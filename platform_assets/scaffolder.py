"""`dg scaffold defs platform_assets.component.ModelPipeline NAME`: what `slipway new` does."""

from pathlib import Path

import dagster as dg
from pydantic import BaseModel, ConfigDict, Field

from platform_assets.errors import NotScaffolded
from platform_assets.scaffold.plan import Request
from platform_assets.scaffold.write import begin
from platform_assets.spec import Task
from platform_assets.wiring import followed_policy
from resources.settings import load_settings


class NewModel(BaseModel):
    """The options of the command; `slipway new` has the same."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    file: str = Field(alias="from", description="A csv, JSON lines or Parquet file.")
    target: str = Field(description="The column to predict.")
    time: str | None = Field(default=None, description="The column that says when a row happened.")
    id: str | None = Field(default=None, description="The column that names a row, once.")
    task: Task | None = Field(default=None, description="Without it, told from the target.")


class ModelScaffolder(dg.Scaffolder[NewModel]):
    """Writes the folder of a model from a sample of its data."""

    @classmethod
    def get_scaffold_params(cls) -> type[NewModel]:
        return NewModel

    def scaffold(self, request: dg.ScaffoldRequest[NewModel]) -> None:
        """Dagster has made the folder already, and shows an exception whole."""
        asked = request.params
        wanted = Request(
            name=request.target_path.name,
            file=Path(asked.file),
            target=asked.target,
            time=asked.time,
            id=asked.id,
            task=asked.task,
        )
        try:
            begin(wanted, request.target_path.parent, followed_policy(load_settings()))
        except NotScaffolded as error:
            if not any(request.target_path.iterdir()):
                request.target_path.rmdir()
            raise SystemExit(f"dg: {error}") from error
