"""A small model with everything a model has, and the platform to run it on, in one folder."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pandera.pandas as pa
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from gitops.conditions import Verdict
from gitops.local_forge import LocalForge
from gitops.policy import POLICY_PATH, parse_policy
from gitops.reconcile import Reconciler
from gitops.serve_runtime import ServeRuntime
from platform_assets.automation import automation, pipeline_job
from platform_assets.component import assets_of
from platform_assets.folder import ModelFolder
from platform_assets.release.deployment_checks import CHECKS
from platform_assets.release.stages import Stage, stages_of
from platform_assets.spec import ModelSpec
from resources.artifacts import Artifacts
from resources.checkout import Checkout
from resources.lake import Lake
from resources.registry import Registry
from resources.settings import CHECKOUT, Settings
from tests.support.checkouts import committed
from tests.support.fake_serve import FakeServe


class Contract(pa.DataFrameModel):
    order: str
    amount: float = pa.Field(ge=0, nullable=True)
    channel: str = pa.Field(isin=["web", "shop"])
    returned: int = pa.Field(isin=[0, 1])


SPEC = {
    "description": "Orders that come back, made up for tests.",
    "owners": ["team:tests"],
    "task": "binary",
    "source": {"pattern": "*.csv", "format": "csv", "max_quarantined": 0.3},
    "target": "returned",
    "id": "order",
    "features": ["amount", "channel"],
    "split": {"kind": "random"},
    "search": {"trials": 2, "space": {"logisticregression__C": [0.1, 1.0]}},
    "metric": "roc_auc",
    "gates": [
        {"metric": "roc_auc", "reach": 0.7},
        {"metric": "roc_auc", "beat": "dummy", "by": 0.1},
        {"metric": "roc_auc", "beat": "champion", "by": -0.05},
    ],
    "slices": {"columns": ["channel"], "minimum_rows": 10},
}


def build_pipeline() -> Pipeline:
    words = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["channel"]), remainder="passthrough"
    )
    return make_pipeline(words, LogisticRegression())


def tiny(**changes) -> ModelFolder:
    """The model `tiny`, with sections of its specification replaced."""
    spec = ModelSpec.model_validate(SPEC | changes)
    return ModelFolder("tiny", Path(__file__).parent, spec, Contract.to_schema(), build_pipeline)


def orders(rows: int, seed: int, first: int = 0) -> pd.DataFrame:
    """Good rows in which dear web orders come back more often."""
    draw = np.random.default_rng(seed)
    amount = draw.uniform(1, 100, rows).round(2)
    channel = draw.choice(["web", "shop"], rows)
    risk = 1 / (1 + np.exp(-(amount - 50) / 8 - (channel == "web")))
    return pd.DataFrame(
        {
            "order": [f"o{first + number}" for number in range(rows)],
            "amount": amount,
            "channel": channel,
            "returned": (draw.random(rows) < risk).astype(int),
        }
    )


class Approving:
    """A verifier that finds every check of a deployment passed, or those in `failing` not."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.asked: list[str] = []

    def verify(self, manifest, route):
        self.asked.append(manifest.bundle_digest)
        return [Verdict(name, name not in self.failing, name, 1.0, 2.0) for name in CHECKS]


@dataclass
class Platform:
    """Everything real but Ray Serve, for which a small working system stands in."""

    settings: Settings
    serve: FakeServe
    instance: dg.DagsterInstance
    lake: Lake
    registry: Registry
    artifacts: Artifacts
    forge: LocalForge
    verifier: Approving
    checkout: Checkout
    stages: tuple[Stage, ...]

    @classmethod
    def create(
        cls, home: Path, serve: FakeServe, instance: dg.DagsterInstance, policy: str = ""
    ) -> "Platform":
        settings = Settings(home=home)
        policy = policy or (CHECKOUT / POLICY_PATH).read_text()
        return cls(
            settings=settings,
            serve=serve,
            instance=instance,
            lake=Lake(settings.lake),
            registry=Registry(settings.mlflow_tracking, home / "mlflow" / "artifacts"),
            artifacts=Artifacts(settings.artifacts),
            forge=LocalForge.create(settings.gitops_path, {POLICY_PATH: policy}),
            verifier=Approving(),
            checkout=committed(home / "checkout"),
            stages=stages_of(parse_policy(policy)),
        )

    @property
    def reconciler(self) -> Reconciler:
        runtime = ServeRuntime(self.serve.api, self.serve.endpoint, None)
        return Reconciler(self.forge, runtime, self.verifier, self.settings.home / "lock")

    def deliver(self, name: str, frame: pd.DataFrame) -> Path:
        place = self.settings.landing / "tiny"
        place.mkdir(parents=True, exist_ok=True)
        frame.to_csv(place / name, index=False)
        # A source leaves a file of this moment alone: its writer may not be done.
        an_hour_ago = time.time() - 3600
        os.utime(place / name, (an_hour_ago, an_hour_ago))
        return place / name

    def run(
        self, folder: ModelFolder, *names: str, tags: dict[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Materialize the named assets, or all that a pipeline does at once."""
        assets = assets_of(folder, self.stages)
        wanted = [folder.key(name) for name in names] if names else None
        selection = dg.AssetSelection.assets(*wanted) if wanted else self.at_once(folder)
        return dg.materialize(
            assets,
            instance=self.instance,
            selection=selection,
            raise_on_error=False,
            tags=tags,
            resources=self.resources,
        )

    @property
    def resources(self) -> dict[str, object]:
        return {
            "settings": self.settings,
            "lake": self.lake,
            "registry": self.registry,
            "artifacts": self.artifacts,
            "checkout": self.checkout,
            "forge": self.forge,
            "reconciler": self.reconciler,
        }

    def at_once(self, folder: ModelFolder) -> dg.AssetSelection:
        return pipeline_job(folder, self.stages).selection

    def tick(self, folder: ModelFolder, sensor: str) -> dg.SensorResult:
        """What a sensor of the model decides now."""
        graph = dg.Definitions(assets=assets_of(folder, self.stages), resources=self.resources)
        definitions = dg.Definitions.merge(graph, automation(folder, self.stages))
        found = definitions.resolve_sensor_def(sensor)
        context = dg.build_sensor_context(
            self.instance, definitions=definitions, resources=self.resources
        )
        return found.evaluate_tick(context)
