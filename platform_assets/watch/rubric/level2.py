"""Google's MLOps level 2, answered by the graph: which part of it is each component.

https://cloud.google.com/architecture/mlops-continuous-delivery-and-automation-pipelines-in-machine-learning
"""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Component:
    """A component that level 2 asks for; the `assets` that are it, and what to know of it."""

    name: str
    assets: tuple[str, ...]
    remark: str


LEVEL_2 = (
    Component("source control", ("staging_release",), "a release names the commit of its code"),
    Component("test and build services", ("registry_entry", "evaluation_report"),
              "each candidate is built into a bundle and judged; the code itself by CI"),
    Component("deployment services", ("staging_deployment", "production_deployment"),
              "the reconciler makes live what git says"),
    Component("model registry", ("registry_entry",), "MLflow, by the digest of the bundle"),
    Component("feature store", ("training_set",),
              "versions of tables, for training alone: callers send their features"),
    Component("ML metadata store", ("candidate_model",), "MLflow's runs, Dagster's events"),
    Component("ML pipeline orchestrator", ("cleaned",), "Dagster"),
    Component("automated triggering", ("landing",), "sensors see new files and merges"),
    Component("model monitoring", ("monitoring",), "windows of the prediction log"),
)  # fmt: skip
ASSETS = frozenset(name for one in LEVEL_2 for name in one.assets)


def answers(materialized: Collection[str]) -> list[tuple[str, str, str]]:
    """Name, the assets with those that were never made marked, and the remark."""
    return [
        (
            one.name,
            ", ".join(
                name if name in materialized else f"{name} (never made)" for name in one.assets
            ),
            one.remark,
        )
        for one in LEVEL_2
    ]
