"""Whoever asks: each payment is a request of its own, at its moment, named by its id."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pandas as pd

from resources.errors import UnusableAnswer
from resources.inference import encode, infer_document, read_scores
from serving.signature import Signature

AT_ONCE = 8
ASK_SECONDS = 30.0
SILENT = 0
"""The status of a request that got no answer."""


@dataclass(frozen=True)
class Answer:
    """What one request got; `score` is NaN and `digest` empty where nothing was scored."""

    id: str
    status: int
    score: float
    digest: str
    version: str


class Caller:
    """Asks the endpoint at `url` for the rows of a day, by a few threads."""

    def __init__(self, url: str, token: str, signature: Signature, key: str) -> None:
        self._url, self._signature, self._key = url, signature, key
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._client = httpx.Client(
            headers=headers, limits=limits, timeout=ASK_SECONDS, trust_env=False
        )
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def day(self, rows: pd.DataFrame, begin: float, seconds: float) -> pd.DataFrame:
        """The answers to the rows, asked evenly from `begin` (s since 1970) for so many seconds."""
        wanted = rows[[self._key, *self._signature.names]]
        records = wanted.astype(object).replace({np.nan: None}).to_dict("records")
        moments = begin + np.arange(len(records)) * seconds / max(len(records), 1)
        return pd.DataFrame(list(self._pool.map(self._at, moments, records)))

    def _at(self, moment: float, row: Mapping[str, Any]) -> Answer:
        body = encode(infer_document(self._signature, [row]))
        time.sleep(max(moment - time.time(), 0.0))
        name = str(row[self._key])
        try:
            answer = self._client.post(self._url, content=body, headers={"x-request-id": name})
        except httpx.TransportError:
            return Answer(name, SILENT, np.nan, "", "")
        try:
            score = float(read_scores(self._signature, answer.content, 1)[0])
        except UnusableAnswer:
            return Answer(name, answer.status_code, np.nan, "", "")
        told = answer.headers
        digest, version = told.get("x-bundle-digest", ""), told.get("x-model-version", "")
        return Answer(name, answer.status_code, score, digest, version)
