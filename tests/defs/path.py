"""The way of a model's folder through `ml`, from rows to verdicts, without Dagster."""

import importlib
from dataclasses import dataclass
from pathlib import Path

import yaml

import platform_assets.defs
from platform_assets.folder import load_folder
from platform_assets.ml.baselines import baselines
from platform_assets.ml.export import columns, export, scorer
from platform_assets.ml.figures import measure
from platform_assets.ml.gates import judge
from platform_assets.ml.scoring import scores
from platform_assets.ml.signature import signature_of
from platform_assets.ml.splits import split, validation
from platform_assets.ml.training import train
from platform_assets.model.rows import encode_target
from platform_assets.spec import ModelSpec


@dataclass(frozen=True)
class Walked:
    training: object
    export: object
    holdout: object
    score: object
    figures: object
    gates: object


def folder(name):
    path = Path(next(iter(platform_assets.defs.__path__))) / name
    spec = ModelSpec.model_validate(yaml.safe_load((path / "defs.yaml").read_text())["attributes"])
    return load_folder(
        path, spec, lambda module: importlib.import_module(f"platform_assets.defs.{name}.{module}")
    )


def walk(model, frame):
    """Split, train, export, score and judge `frame`, whose rows keep the contract."""
    spec = model.spec
    kept = {"target": spec.target, "time": spec.time, "task": spec.task, "key": spec.id}
    parts = split(frame, spec.split, **kept)
    names = [] if spec.task == "regression" else sorted(map(str, frame[spec.target].unique()))
    train_y, holdout_y = (
        encode_target(part[spec.target], names) for part in (parts.train, parts.holdout)
    )
    given, held = parts.train[spec.features], parts.holdout[spec.features]
    judged = validation(parts.train, spec.split, **kept)
    training = train(model.build, given, train_y, judged, spec)
    signature = signature_of(
        model.name, spec.task, model.contract, spec.features, classes=names,
        threshold=training.threshold,
    )  # fmt: skip
    exported = export(training.model, signature, held, given, spec.serving.parity)
    score = scorer(exported).score(columns(held, signature))
    beside = baselines(spec.task, given, train_y)
    references = {name: scores(model, spec.task, held) for name, model in beside.items()}
    figures = measure(spec.task, holdout_y, score, references)
    return Walked(training, exported, parts.holdout, score, figures, judge(spec.gates, figures))
