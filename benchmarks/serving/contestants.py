"""Who is asked, and how each is started: as its own documentation says, with one worker."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import joblib

from benchmarks.serving.case import Case

LOOPBACK = "127.0.0.1"
PEERS = "benchmarks.serving.peers"
Kind = Literal["slipway", "packaged", "sklearn", "careful", "limit"]


@dataclass(frozen=True, eq=False)
class Contestant:
    """One server. `environment` names one of `environments`; `words` follow its `bin` folder.

    `token`, if there is one, is shown with each request.
    """

    name: str
    kind: Kind
    port: int
    words: Sequence[str] = ()
    environment: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    path: str = "/invocations"
    workers: int = 1
    token: str = ""

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}{self.path}"


def peers(case: Case, first_port: int) -> list[Contestant]:
    """Everyone but Slipway, each on a port of its own from `first_port` upwards."""
    ports = iter(range(first_port, first_port + 100))
    return [*packaged(case, ports), *by_hand(ports)]


def packaged(case: Case, ports: Iterator[int]) -> Iterator[Contestant]:
    port = next(ports)
    yield Contestant("MLflow", "packaged", port, mlflow_words(case, port))
    port = next(ports)
    words = ("bentoml", "serve", f"{PEERS}.bentoml_sklearn:Scoring", "--host", LOOPBACK)
    quiet = {"BENTOML_DO_NOT_TRACK": "1"}
    yield Contestant(
        "BentoML", "packaged", port, (*words, "--port", str(port)), "bentoml", variables=quiet
    )
    port = next(ports)
    ports_of_mlserver = (port, next(ports), next(ports))
    words = ("mlserver", "start", str(mlserver_folder(case, ports_of_mlserver)))
    yield Contestant("MLServer", "packaged", port, words, "mlserver")
    port = next(ports)
    words = ("python", "-m", f"{PEERS}.litserve_sklearn", str(port))
    yield Contestant("LitServe", "packaged", port, words, "litserve")
    port = next(ports)
    words = ("python", "-m", f"{PEERS}.ray_serve_fastapi", str(port))
    yield Contestant("Ray Serve, stock", "packaged", port, words)


def by_hand(ports: Iterator[int]) -> Iterator[Contestant]:
    kinds: Sequence[tuple[str, Kind, str, int]] = (
        ("FastAPI + scikit-learn", "sklearn", "fastapi_sklearn", 1),
        ("FastAPI + scikit-learn, 2 workers", "sklearn", "fastapi_sklearn", 2),
        ("Starlette + ONNX Runtime", "careful", "starlette_onnx", 1),
        ("bare ASGI + ONNX Runtime", "limit", "bare_asgi", 1),
        ("bare ASGI + ONNX Runtime, 2 workers", "limit", "bare_asgi", 2),
    )
    for name, kind, module, workers in kinds:
        port = next(ports)
        words = ("uvicorn", f"{PEERS}.{module}:app", "--host", LOOPBACK, "--port", str(port))
        options = ("--workers", str(workers), "--loop", "uvloop", "--log-level", "warning")
        yield Contestant(name, kind, port, (*words, *options, "--no-access-log"), workers=workers)


def mlflow_words(case: Case, port: int) -> tuple[str, ...]:
    import mlflow.sklearn

    folder = case.folder / "mlflow-model"
    pipeline = joblib.load(case.folder / "pipeline.joblib")
    options = {"pyfunc_predict_fn": "predict_proba", "pip_requirements": ["scikit-learn"]}
    mlflow.sklearn.save_model(pipeline, folder, serialization_format="cloudpickle", **options)
    words = ("mlflow", "models", "serve", "--model-uri", str(folder), "--env-manager", "local")
    return (*words, "--host", LOOPBACK, "--port", str(port), "--workers", "1")


def mlserver_folder(case: Case, ports: tuple[int, int, int]) -> Path:
    folder = case.folder / "mlserver"
    folder.mkdir(exist_ok=True)
    http, grpc, metrics = ports
    settings = {
        "host": LOOPBACK,
        "http_port": http,
        "grpc_port": grpc,
        "metrics_port": metrics,
        "parallel_workers": 0,
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    model = {"name": "wide", "implementation": f"{PEERS}.mlserver_sklearn.Scoring"}
    (folder / "model-settings.json").write_text(json.dumps(model))
    return folder
