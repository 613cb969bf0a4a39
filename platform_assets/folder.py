"""A model's folder, loaded: specification, contract and estimator, checked against each other."""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import pandera.pandas as pandera
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._utils.schedules import is_valid_cron_string

from platform_assets.data.contract import Contract
from platform_assets.errors import ContractUnusable, SpecError
from platform_assets.identity import digest_of_files
from platform_assets.run_tags import MODEL_TAG
from platform_assets.spec import ModelSpec

_NAME = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
BuildEstimator = Callable[[], Any]
LoadModule = Callable[[str], ModuleType]
Job = UnresolvedAssetJobDefinition
AssetDecorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]
SensorDecorator = Callable[[Callable[..., Any]], dg.SensorDefinition]


@dataclass(frozen=True)
class ModelFolder:
    """Everything that defines one model.

    `build` returns a new, unfitted scikit-learn pipeline; `contract` covers every delivered column.
    """

    name: str
    path: Path
    spec: ModelSpec
    contract: pandera.DataFrameSchema
    build: BuildEstimator

    @cached_property
    def code_version(self) -> str:
        """Twelve hex digits that change with any file of the folder."""
        return digest_of_files(self.path.glob("*.py"))[:12]

    @property
    def group(self) -> str:
        """The name in Dagster's alphabet, for groups, jobs and sensors."""
        return self.name.replace("-", "_")

    def key(self, asset: str) -> dg.AssetKey:
        return dg.AssetKey([self.name, asset])

    def asset(
        self,
        name: str,
        doc: str | None,
        kinds: set[str],
        *,
        after: str | tuple[str, ...] = (),
        checks: Sequence[str] = (),
        blocking: bool = True,
        required: bool = True,
    ) -> AssetDecorator:
        """`dg.asset` with what every asset of the model states about itself.

        `doc` is the module's docstring and becomes the description in the UI; each of the `checks`
        blocks what comes after the asset, unless `blocking` is false. One that is not `required`
        may end without being materialized.
        """
        return dg.asset(
            key=self.key(name),
            group_name=self.group,
            owners=self.spec.owners,
            kinds=kinds,
            description=inspect.cleandoc(doc or ""),
            code_version=self.code_version,
            deps=[self.key(one) for one in ((after,) if isinstance(after, str) else after)],
            output_required=required,
            check_specs=self.checks(name, checks, blocking=blocking) or None,
        )

    def asset_spec(
        self, name: str, doc: str, kinds: set[str], *, after: str | None = None
    ) -> dg.AssetSpec:
        """The same for an asset that others make, or that is made together with another."""
        return dg.AssetSpec(
            key=self.key(name),
            group_name=self.group,
            owners=self.spec.owners,
            kinds=kinds,
            description=doc,
            code_version=self.code_version,
            deps=[self.key(after)] if after else [],
        )

    def checks(
        self, asset: str, names: Sequence[str], *, blocking: bool = True
    ) -> list[dg.AssetCheckSpec]:
        """Checks of an asset, all blocking or none."""
        key = self.key(asset)
        return [dg.AssetCheckSpec(name, asset=key, blocking=blocking) for name in names]

    def job(self, name: str, doc: str, *assets: str, tag: str = MODEL_TAG) -> Job:
        """A job of these assets, whose runs name the model in `tag`."""
        return dg.define_asset_job(
            f"{self.group}_{name}",
            selection=dg.AssetSelection.assets(*map(self.key, assets)),
            tags={tag: self.name},
            description=f"{self.name}: {doc}",
        )

    def sensor(self, name: str, doc: str, *jobs: Job, seconds: int) -> SensorDecorator:
        """`dg.sensor` that looks every so many seconds until somebody stops it."""
        return dg.sensor(
            name=f"{self.group}_{name}",
            jobs=list(jobs) or None,
            minimum_interval_seconds=seconds,
            default_status=dg.DefaultSensorStatus.RUNNING,
            description=doc,
        )


def load_folder(path: Path, spec: ModelSpec, load_module: LoadModule) -> ModelFolder:
    """Import the contract and the estimator that `spec` names and check that they agree.

    Raises
    ------
    SpecError
        With the key of `defs.yaml`, the received value and the allowed values.
    """
    if not _NAME.fullmatch(path.name):
        raise SpecError(f"{path}: got the name {path.name!r}, expected {_NAME.pattern}")
    contract = _attribute(path, "contract", spec.contract, load_module)
    build = _attribute(path, "estimator", spec.estimator, load_module)
    if not (isinstance(contract, type) and issubclass(contract, pandera.DataFrameModel)):
        raise SpecError(
            f"{path.name}/defs.yaml: contract: {spec.contract!r} is no pandera DataFrameModel"
        )
    schema = contract.to_schema()
    _can_be_judged_by(path, spec, schema)
    _columns_exist(path, spec, list(schema.columns))
    _schedule_is_cron(path, spec)
    _parameters_exist(path, spec, build)
    _weights_are_taken(path, spec, build)
    return ModelFolder(path.name, path, spec, schema, build)


def _attribute(path: Path, key: str, reference: str, load_module: LoadModule) -> Any:
    place = f"{path.name}/defs.yaml: {key}"
    module_name, _, attribute = reference.partition(":")
    if not (path / f"{module_name}.py").is_file():
        found = ", ".join(sorted(file.stem for file in path.glob("*.py"))) or "no Python file"
        raise SpecError(f"{place}: no file {module_name}.py in {path}, found: {found}")
    module = load_module(module_name)
    if not hasattr(module, attribute):
        public = [name for name in vars(module) if not name.startswith("_")]
        raise SpecError(f"{place}: {reference!r} not found; {module_name}.py has {public}")
    return getattr(module, attribute)


def _can_be_judged_by(path: Path, spec: ModelSpec, schema: pandera.DataFrameSchema) -> None:
    try:
        Contract.of(schema, spec.id)
    except ContractUnusable as error:
        raise SpecError(f"{path.name}/{error}") from error


def _columns_exist(path: Path, spec: ModelSpec, columns: list[str]) -> None:
    wanted = [("target", spec.target), ("id", spec.id), ("time", spec.time)]
    wanted += [("features", name) for name in spec.features]
    wanted += [("split.group", spec.split.group), ("split.strata", spec.split.strata)]
    wanted += [("slices.columns", name) for name in spec.slices.columns]
    wanted += [("fairness.group", name) for name in spec.fairness.group]
    for key, name in wanted:
        if name is not None and name not in columns:
            raise SpecError(
                f"{path.name}/defs.yaml: {key}: no column {name!r} in the contract; "
                f"allowed: {', '.join(columns)}"
            )


def _schedule_is_cron(path: Path, spec: ModelSpec) -> None:
    cron = spec.retraining.schedule
    if cron is not None and not is_valid_cron_string(cron):
        raise SpecError(
            f"{path.name}/defs.yaml: retraining.schedule: got {cron!r}, expected cron times such "
            "as '0 4 * * 1'"
        )


def _parameters_exist(path: Path, spec: ModelSpec, build: BuildEstimator) -> None:
    known = build().get_params()
    for name in spec.search.space:
        if name not in known:
            close = [known_name for known_name in known if name.split("__")[-1] in known_name]
            raise SpecError(
                f"{path.name}/defs.yaml: search.space: the estimator has no parameter {name!r}; "
                f"allowed: {', '.join(close or sorted(known))}"
            )


def _weights_are_taken(path: Path, spec: ModelSpec, build: BuildEstimator) -> None:
    last = build()[-1]
    weight = spec.training.class_weight
    if weight != "none" and "sample_weight" not in inspect.signature(last.fit).parameters:
        raise SpecError(
            f"{path.name}/defs.yaml: training.class_weight: got {weight!r}, but "
            f"{type(last).__name__} takes no weights of rows; allowed: none"
        )
