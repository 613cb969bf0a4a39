"""Clients that we did not write, over real HTTP: tritonclient, MLflow's scoring client, curl."""

import asyncio
import json
import subprocess
import threading
import time

import numpy as np
import pandas as pd
import pytest
import uvicorn

from serving.ingress import Ingress
from serving.settings import ServingSettings
from tests.support.bundles import fraud_contents, transactions
from tests.support.doors import rollout_of

ROWS = pd.DataFrame(transactions(3)).astype({"country": object})
KINDS = {"amount": "FP64", "hour": "INT64", "night": "BOOL", "country": "BYTES"}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    rollout = asyncio.run(rollout_of(fraud_contents(), tmp_path_factory.mktemp("store")))
    door = Ingress(rollout, ServingSettings())
    server = uvicorn.Server(uvicorn.Config(door, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def curl(port, content_type, body):
    url = f"http://127.0.0.1:{port}/invocations"
    command = ["curl", "-sS", "-H", f"content-type: {content_type}", "--data-binary", "@-", url]
    done = subprocess.run(command, input=body.encode(), capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")
def test_mlflows_scoring_client_is_answered(port):
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    client = ScoringServerClient("127.0.0.1", port)
    client.wait_server_ready(timeout=60)
    assert client.get_version()
    # pandas gives None, where MLflow's client would write NaN for a float.
    answer = client.invoke(ROWS, params={"temperature": 1})
    told = answer.get_predictions(predictions_format="dataframe")
    assert told["label"].isin(["honest", "fraud"]).all()
    with pytest.raises(Exception, match=r"error code 400.*BAD_REQUEST"):
        client.invoke(ROWS.drop(columns="hour"))


def test_curl_gets_the_same_for_csv_and_json(port):
    by_csv = curl(port, "text/csv", ROWS.to_csv(index=False))
    frame = {"dataframe_split": json.loads(ROWS.to_json(orient="split"))}
    assert by_csv == curl(port, "application/json", json.dumps(frame))
    assert len(by_csv["predictions"]) == len(ROWS)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("packing", [None, "gzip", "deflate"])
def test_tritonclient_is_answered(port, binary, packing):
    reason = "not in the lock: it holds ml-dtypes back; pip install tritonclient geventhttpclient"
    triton = pytest.importorskip("tritonclient.http", reason=reason)
    client = triton.InferenceServerClient(f"127.0.0.1:{port}")
    assert client.is_model_ready("fraud", "1")
    inputs = []
    for name, kind in KINDS.items():
        inputs.append(triton.InferInput(name, [len(ROWS)], kind))
        cells = ROWS[name].fillna("").to_numpy() if kind == "BYTES" else ROWS[name].to_numpy()
        inputs[-1].set_data_from_numpy(np.asarray(cells), binary_data=binary)
    answer = client.infer("fraud", inputs, request_id="q", request_compression_algorithm=packing)
    assert answer.as_numpy("score").shape == (len(ROWS),)
    assert set(answer.as_numpy("label").tolist()) <= {b"honest", b"fraud"}
