"""What a run of `fraud` does, by hand: one script, the same libraries, nothing of the platform.

    .venv/bin/python benchmarks/bare_fraud.py FILES OUT

Reads the delivered files, sorts good rows from bad ones, trains, converts, judges, reports, serves
through Serve's REST API and loads the endpoint. What it keeps is what a script would keep: Parquet
files and an HTML page; no versions, no lineage, no registry, no git. Serve must be running. The
last line of the output is JSON: the seconds of each stage, and figures to compare.
"""

import json
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pandera.errors
import psutil
import yaml

from platform_assets.defs.fraud.contract import Contract
from platform_assets.defs.fraud.estimator import build
from platform_assets.ml.baselines import baselines
from platform_assets.ml.export import Export, columns, export, scorer
from platform_assets.ml.figures import measure
from platform_assets.ml.gates import judge
from platform_assets.ml.golden import golden_rows
from platform_assets.ml.metrics import metric
from platform_assets.ml.plots import plots
from platform_assets.ml.reference import reference
from platform_assets.ml.report import ReportFacts, render_report
from platform_assets.ml.scoring import scores
from platform_assets.ml.signature import signature_of
from platform_assets.ml.slices import slices
from platform_assets.ml.splits import split, validation
from platform_assets.ml.training import Training, train
from platform_assets.spec import ModelSpec
from resources.endpoint import check_bad_input, check_golden_rows
from resources.inference import encode, infer_document, infer_path
from resources.load import run_load
from resources.settings import CHECKOUT, Settings, load_settings
from serving.bundle import Bundle, BundleContents, GoldenRows, write_bundle

MODEL, ROUTE = "fraud", "/bare/fraud"
SCHEMA = Contract.to_schema()
READY_SECONDS = 120.0
POLL_SECONDS = 0.5  # as the reconciler's


@dataclass
class Stages:
    """For each stage, in order, its seconds of wall time and of processor time."""

    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun, used = time.perf_counter(), time.process_time()
        yield
        self.seconds[name] = (time.perf_counter() - begun, time.process_time() - used)


def main(files: Path, out: Path) -> None:
    start = (time.time() - psutil.Process().create_time(), time.process_time())
    stages, spec = Stages({"start": start}), load_spec()
    with stages.stage("raw"):
        rows = read(files)
        rows.to_parquet(out / "raw.parquet")
    with stages.stage("cleaned"):
        good, bad = sort_rows(rows)
        good.to_parquet(out / "good.parquet")
        bad.to_parquet(out / "bad.parquet")
    with stages.stage("training_set"):
        parts = split(good, spec.split, target=spec.target, time=spec.time, task=spec.task)
        learn, holdout = parts.train, parts.holdout
        learn.to_parquet(out / "train.parquet")
        holdout.to_parquet(out / "holdout.parquet")
    with stages.stage("candidate_model"):
        found, beside = fit(learn, spec)
    with stages.stage("registry_entry"):
        exported, bundle = package(out / "bundles", found, learn, holdout, spec)
    with stages.stage("evaluation_report"):
        facts = evaluate(exported, bundle, beside, found, holdout, spec)
        (out / "report.html").write_text(render_report(facts))
    with stages.stage("staging_deployment"):
        settings = load_settings()
        deploy(settings, bundle, spec)
        latency = ask(settings, bundle, spec)
    seen = {
        "clean rows": len(good),
        "quarantined rows": len(bad),
        "trials": len(found.trials),
        spec.metric: facts.figures.candidate[spec.metric].value,
    }
    print(json.dumps({"stages": stages.seconds, "seen": seen, "p99_ms": latency}))


def load_spec() -> ModelSpec:
    document = yaml.safe_load((CHECKOUT / f"platform_assets/defs/{MODEL}/defs.yaml").read_text())
    return ModelSpec.model_validate(document["attributes"])


def read(files: Path) -> pd.DataFrame:
    """All files as text, an empty field missing."""
    parts = [
        pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""]).assign(file=file.name)
        for file in sorted(files.glob("*.csv"))
    ]
    return pd.concat(parts, ignore_index=True)


def sort_rows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that keep the contract, with its types, and the others as they came."""
    cast = pd.DataFrame({name: cast_column(rows[name], name) for name in SCHEMA.columns})
    needed = [name for name, column in SCHEMA.columns.items() if not column.nullable]
    whole = cast.dropna(subset=needed)
    whole = whole.astype({name: column.dtype.type for name, column in SCHEMA.columns.items()})
    try:
        good = SCHEMA.validate(whole, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        good = whole.drop(index=errors.failure_cases["index"].unique())
    good = good.drop_duplicates("transaction_id")
    return good, rows.drop(index=good.index)


def cast_column(text: pd.Series, name: str) -> pd.Series:
    """Values of the contract's type, missing where the text has none."""
    kind = str(SCHEMA.columns[name].dtype)
    if kind == "bool":
        return text.map({"true": 1.0, "false": 0.0, "True": 1.0, "False": 0.0})
    if kind.startswith("datetime"):
        return pd.to_datetime(text, errors="coerce", format="ISO8601")
    if kind.startswith("float"):
        return pd.to_numeric(text, errors="coerce")
    if kind.startswith("int"):
        number = pd.to_numeric(text, errors="coerce")
        return number.where(number % 1 == 0)
    return text


def fit(learn: pd.DataFrame, spec: ModelSpec) -> tuple[Training, dict[str, Any]]:
    judged = validation(learn, spec.split, target=spec.target, time=spec.time, task=spec.task)
    features, target = learn[spec.features], learn[spec.target].to_numpy(np.int64)
    return train(build, features, target, judged, spec), baselines(spec.task, features, target)


def package(
    store: Path, found: Training, learn: pd.DataFrame, holdout: pd.DataFrame, spec: ModelSpec
) -> tuple[Export, Bundle]:
    """The model as ONNX, compared with scikit-learn on the holdout, in the folder to serve."""
    signature = signature_of(
        MODEL,
        spec.task,
        SCHEMA,
        spec.features,
        classes=("False", "True"),
        threshold=found.threshold,
    )
    features = holdout[spec.features]
    exported = export(found.model, signature, features, learn[spec.features], spec.serving.parity)
    golden = golden_rows(exported, features)
    contents = BundleContents(
        runtime=exported.runtime,
        model=exported.model,
        signature=signature,
        golden=GoldenRows(golden.rows, golden.scores, golden.tolerance),
        reference=reference(learn[spec.features], scores(found.model, spec.task, features)),
        environment={"python": platform.python_version()},
        trusted=exported.trusted,
    )
    return exported, write_bundle(store, contents)


def evaluate(
    exported: Export,
    bundle: Bundle,
    beside: dict[str, Any],
    found: Training,
    holdout: pd.DataFrame,
    spec: ModelSpec,
) -> ReportFacts:
    """Figures with intervals, gates, slices and pictures, on the holdout."""
    features, target = holdout[spec.features], holdout[spec.target].to_numpy(np.int64)
    candidate = scorer(exported).score(columns(features, exported.signature))
    others = {name: scores(model, spec.task, features) for name, model in beside.items()}
    figures = measure(spec.task, target, candidate, others, seed=spec.split.seed)
    groups = slices(metric(spec.task, spec.metric), target, candidate, holdout, spec.slices)
    models = {"candidate": candidate, **others}
    told = bundle.signature
    drawn = plots(
        spec.task, target, models, told.classes, figures, groups, spec.metric, told.threshold
    )
    return ReportFacts(
        model=MODEL,
        description=spec.description,
        owners=spec.owners,
        digest=bundle.digest,
        made="now",
        metric=spec.metric,
        figures=figures,
        gates=judge(spec.gates, figures),
        slices=groups,
        plots=drawn,
        runtime=exported.runtime,
        runtime_reason=exported.reason,
        trials=[(trial.parameters, trial.score) for trial in found.trials],
        lineage={},
    )


def deploy(settings: Settings, bundle: Bundle, spec: ModelSpec) -> None:
    """Declare the application to Serve and wait until it runs."""
    token = settings.ray_token_file.read_text().strip()
    headers, url = {"Authorization": f"Bearer {token}"}, "/api/serve/applications/"
    deployment = {
        "name": "ModelServer",
        "num_replicas": spec.serving.replicas,
        "max_ongoing_requests": spec.serving.max_ongoing_requests,
        "ray_actor_options": {"num_cpus": spec.serving.cpus},
        "user_config": {
            "bundle": {"uri": bundle.folder.as_uri(), "digest": bundle.digest, "version": "1"}
        },
    }
    application = {
        "name": "bare",
        "route_prefix": ROUTE,
        "import_path": "serving.app:build",
        "args": {"model": MODEL},
        "deployments": [deployment],
    }
    options = {"host": "127.0.0.1", "port": settings.serve_port}
    body = {"proxy_location": "HeadOnly", "http_options": options, "applications": [application]}
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(base_url=settings.serve_api, headers=headers, timeout=30) as client:
        client.put(url, json=body).raise_for_status()
        while client.get(url).json()["applications"]["bare"]["status"] != "RUNNING":
            if time.monotonic() > deadline:
                sys.exit(f"the application is not running after {READY_SECONDS:g} s")
            time.sleep(POLL_SECONDS)


def ask(settings: Settings, bundle: Bundle, spec: ModelSpec) -> float:
    """Golden rows, bad input, then the load; returns p99 in ms."""
    base, budget = f"{settings.serve_url}{ROUTE}", spec.serving.latency
    with httpx.Client(base_url=base, timeout=10) as client:
        verdicts = [check_golden_rows(client, bundle), check_bad_input(client, bundle)]
    wrong = [verdict.sentence() for verdict in verdicts if not verdict.passed]
    if wrong:
        sys.exit("; ".join(wrong))
    bodies = [encode(infer_document(bundle.signature, [row])) for row in bundle.golden.rows]
    return run_load(f"{base}{infer_path(MODEL)}", bodies, budget.rate, budget.seconds).p99


def arguments(given: Sequence[str]) -> tuple[Path, Path]:
    if len(given) != 2:
        sys.exit("usage: bare_fraud.py FILES OUT")
    return Path(given[0]), Path(given[1])


if __name__ == "__main__":
    main(*arguments(sys.argv[1:]))
