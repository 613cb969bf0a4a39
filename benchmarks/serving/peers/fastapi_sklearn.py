"""FastAPI and scikit-learn, as its tutorials write it."""

from typing import Any

from fastapi import FastAPI

from benchmarks.serving.peers import pandas_scoring

app = FastAPI()


@app.post("/invocations")
def invocations(document: dict[str, Any]) -> dict[str, list[float]]:
    return pandas_scoring.predictions(document)
