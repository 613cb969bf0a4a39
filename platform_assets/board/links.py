"""Where the evidence behind a figure is: in Dagster, in MLflow, or in git as the board shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Links:
    """Addresses of pages; `experiments` is the number of each model's experiment in MLflow."""

    dagster: str
    mlflow: str
    experiments: Mapping[str, str] = field(default_factory=dict)

    def asset(self, model: str, name: str, view: str = "") -> str:
        """An asset's page; `view` is one of its tabs, such as `checks`."""
        tab = f"?view={_part(view)}" if view else ""
        return f"{self.dagster}/assets/{_part(model)}/{_part(name)}{tab}"

    def run(self, run_id: str) -> str:
        return f"{self.dagster}/runs/{_part(run_id)}"

    def version(self, model: str, version: str) -> str:
        return f"{self.mlflow}/#/models/{_part(model)}/versions/{_part(version)}"

    def evaluation(self, model: str, run_id: str) -> str:
        """The MLflow run that trained a bundle; that of the asset where MLflow cannot be asked."""
        number = self.experiments.get(model)
        if not number or not run_id:
            return self.asset(model, "evaluation_report")
        return f"{self.mlflow}/#/experiments/{_part(number)}/runs/{_part(run_id)}"

    def change(self, environment: str, model: str, revision: str) -> str:
        return f"/git/{_part(environment)}/{_part(model)}/{_part(revision)}"

    def holds(self, environment: str, model: str) -> str:
        return f"/git/{_part(environment)}/{_part(model)}/holds"

    def promotion(self, number: int) -> str:
        return f"/git/promotions/{number}"


def web(address: str) -> str:
    """The address if a browser may be sent there; else empty: git holds what anybody wrote."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.hostname else ""


def _part(name: str) -> str:
    return quote(name, safe="")
