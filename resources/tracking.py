"""Runs in MLflow: what was trained, from what, with which figures and files.

MLflow's client is imported on first use (it takes seconds), and no global state of MLflow is set.
"""

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from resources.errors import RegistryError
from resources.tracking_database import alone, database_file, import_mlflow, make_database

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

FINGERPRINT = "slipway.fingerprint"
ABANDONED = "slipway.abandoned"
ERROR = "slipway.error"
PARENT = "mlflow.parentRunId"


@dataclass(frozen=True)
class TrainingRecord:
    """One training: `fingerprint` names its exact inputs, `dataset_version` the table version.

    `trials` holds for each fit its `params`, and its `score` or the `error` it failed with.
    """

    model: str
    fingerprint: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    dataset_uri: str
    dataset_version: int
    dataset_rows: int
    trials: Sequence[Mapping[str, Any]]


class Tracking:
    """Runs of every model, at one tracking address."""

    def __init__(self, tracking_uri: str, artifact_root: Path) -> None:
        self._uri = tracking_uri
        self._artifacts = artifact_root
        self._lock = artifact_root / ".lock"

    def prepare(self) -> None:
        """Make the SQLite file of a new installation; harmless if it is there or elsewhere.

        Call it before MLflow's server starts, which would make the tables in place: killed then,
        it leaves a file that nothing can use.
        """
        file = database_file(self._uri)
        if file is not None:
            make_database(file, self._artifacts)

    def find_run(self, model: str, fingerprint: str) -> str | None:
        """The finished run with these exact inputs; one that was interrupted does not count."""
        wanted = f"tags.`{FINGERPRINT}` = '{fingerprint}' and status = 'FINISHED'"
        with self._refusals():
            experiment = self._client.get_experiment_by_name(model)
            if experiment is None:
                return None
            runs = self._client.search_runs([experiment.experiment_id], wanted, max_results=1)
        return str(runs[0].info.run_id) if runs else None

    def log_training(self, record: TrainingRecord) -> str:
        """Write a run with one child for each trial; it counts as finished only at the very end.

        Returns the run that stands already, if the same inputs were logged before. Processes of
        one machine take turns, so a run that still counts as running was left by a killed one.
        """
        with alone(self._lock), self._refusals():
            known = self.find_run(record.model, record.fingerprint)
            if known:
                return known
            self._abandon(record)
            return self._log(record)

    def run_tags(self, run_id: str) -> dict[str, str]:
        """What a run says of itself."""
        with self._refusals():
            return dict(self._client.get_run(run_id).data.tags)

    def tag_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Let a run say these things as well, in place of what it said before."""
        with self._refusals():
            for name, value in tags.items():
                self._client.set_tag(run_id, name, value)

    def delete_run(self, run_id: str) -> None:
        """Put a run and its trials away, with their files; MLflow's `gc` ends them for good."""
        with self._refusals():
            run = self._client.get_run(run_id).info
            trials = f"tags.`{PARENT}` = '{run_id}'"
            children = self._client.search_runs([run.experiment_id], trials, max_results=1000)
            for one in (*(child.info for child in children), run):
                self._client.delete_run(one.run_id)
                files = Path(one.artifact_uri.removeprefix("file://"))
                if files.is_relative_to(self._artifacts.absolute()):
                    shutil.rmtree(files.parent, ignore_errors=True)

    def log_files(self, run_id: str, folder: Path, path: str) -> None:
        """Have a folder's files among the run's artifacts, under `path`; sends what is missing."""
        with self._refusals():
            there = {(one.path, one.file_size) for one in self._client.list_artifacts(run_id, path)}
            for file in sorted(folder.iterdir()):
                if (f"{path}/{file.name}", file.stat().st_size) not in there:
                    self._client.log_artifact(run_id, str(file), path)

    def run_url(self, ui: str, model: str, run_id: str) -> str:
        """Where MLflow's UI shows a run."""
        with self._refusals():
            return f"{ui}/#/experiments/{self._experiment(model)}/runs/{run_id}"

    def file_url(self, ui: str, run_id: str, path: str) -> str:
        """Where MLflow's UI shows one artifact of a run, an HTML page as a page.

        The server's `get-artifact` hands the same file out as a download.
        """
        with self._refusals():
            experiment = self._client.get_run(run_id).info.experiment_id
        return f"{ui}/#/experiments/{experiment}/runs/{run_id}/artifacts/{quote(path)}"

    @cached_property
    def _client(self) -> "MlflowClient":
        import_mlflow()
        from mlflow.tracking import MlflowClient

        self.prepare()
        return MlflowClient(tracking_uri=self._uri)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        import_mlflow()
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            raise RegistryError(f"MLflow at {self._uri!r} refused: {error.message}") from error

    def _experiment(self, model: str) -> str:
        found = self._client.get_experiment_by_name(model)
        if found is not None:
            return str(found.experiment_id)
        place = (self._artifacts / model).absolute().as_uri()
        return str(self._client.create_experiment(model, artifact_location=place))

    def _abandon(self, record: TrainingRecord) -> None:
        """Mark what a killed attempt at the same training left behind."""
        wanted = f"tags.`{FINGERPRINT}` = '{record.fingerprint}' and status = 'RUNNING'"
        experiment = [self._experiment(record.model)]
        for run in self._client.search_runs(experiment, wanted):
            trials = f"tags.`{PARENT}` = '{run.info.run_id}' and status = 'RUNNING'"
            for left in [*self._client.search_runs(experiment, trials), run]:
                self._client.set_tag(left.info.run_id, ABANDONED, "its process ended before it did")
                self._client.set_terminated(left.info.run_id, "FAILED")

    def _log(self, record: TrainingRecord) -> str:
        experiment = self._experiment(record.model)
        tags = {**record.tags, FINGERPRINT: record.fingerprint}
        run = self._client.create_run(
            experiment, tags=tags, run_name=f"{record.model}-{record.fingerprint[:8]}"
        )
        run_id = str(run.info.run_id)
        self._client.log_batch(
            run_id, metrics=self._metrics(record.metrics), params=self._params(record.params)
        )
        self._client.log_inputs(run_id, datasets=[self._dataset(record)])
        for number, trial in enumerate(record.trials, start=1):
            self._log_trial(experiment, run_id, number, trial)
        self._client.set_terminated(run_id)
        return run_id

    def _log_trial(
        self, experiment: str, parent: str, number: int, trial: Mapping[str, Any]
    ) -> None:
        run = self._client.create_run(experiment, tags={PARENT: parent}, run_name=f"trial-{number}")
        failed = "error" in trial
        self._client.log_batch(
            run.info.run_id,
            metrics=self._metrics({} if failed else {"score": trial["score"]}),
            params=self._params(trial["params"]),
            tags=self._tags({ERROR: trial["error"]} if failed else {}),
        )
        self._client.set_terminated(run.info.run_id, "FAILED" if failed else "FINISHED")

    @staticmethod
    def _metrics(values: Mapping[str, float]) -> list[Any]:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        return [Metric(name, float(value), now, 0) for name, value in values.items()]

    @staticmethod
    def _params(values: Mapping[str, Any]) -> list[Any]:
        from mlflow.entities import Param

        return [Param(name, str(value)) for name, value in values.items()]

    @staticmethod
    def _tags(values: Mapping[str, str]) -> list[Any]:
        from mlflow.entities import RunTag

        return [RunTag(name, value) for name, value in values.items()]

    @staticmethod
    def _dataset(record: TrainingRecord) -> Any:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        source = {"uri": record.dataset_uri, "delta_version": record.dataset_version}
        dataset = Dataset(
            name=f"{record.model}/training_set",
            digest=f"version-{record.dataset_version}",
            source_type="delta",
            source=json.dumps(source),
            profile=json.dumps({"num_rows": record.dataset_rows}),
        )
        return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
