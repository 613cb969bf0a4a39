"""One request found again in the prediction log, and scored again by the bundle that answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from platform_assets.watch import log_rows as names
from platform_assets.watch.landing_log import table
from platform_assets.watch.log_files import found as lines_of
from platform_assets.watch.log_files import waiting
from resources.artifacts import Artifacts
from resources.lake import Lake
from serving.bundle import open_bundle
from serving.errors import ServingError
from serving.scorer import load_scorer
from serving.signature import Array, Signature


@dataclass(frozen=True)
class Request:
    """One request as it was logged; `rows` as the table has them, by their place in it."""

    model: str
    landed: bool
    rows: tuple[Mapping[str, Any], ...]

    def said(self, name: str) -> Any:
        """What a column says that is the same in all rows."""
        return self.rows[0][name]

    @property
    def time(self) -> datetime:
        found: datetime = self.said(names.TIME)
        return found

    @property
    def digest(self) -> str | None:
        found: str | None = self.said(names.DIGEST)
        return found

    @property
    def scored(self) -> bool:
        return self.said(names.ROW) is not None

    @property
    def scores(self) -> Array:
        """The scores of the answer, as `Scorer.score` gives them."""
        several = self.said(names.SCORES) is not None
        return np.array([one[names.SCORES if several else names.SCORE] for one in self.rows])

    def features(self, signature: Signature | None = None) -> list[dict[str, Any]]:
        """The values by feature, row by row; without a signature all that are not empty."""
        if signature is None:
            kept = [name for name in self.rows[0] if name not in names.SCHEMA.names]
            return [
                {name: one[name] for name in kept if one[name] is not None} for one in self.rows
            ]
        return [
            {one.name: names.value_of(row, one) for one in signature.columns} for row in self.rows
        ]


@dataclass(frozen=True)
class Replay:
    """What the bundle answers now: the largest difference, or why it could not be asked."""

    difference: float | None
    tolerance: float | None = None
    problem: str = ""

    def sentence(self) -> str:
        if self.difference is None:
            return f"not replayed: {self.problem}"
        if self.difference == 0:
            return "replayed: the same answer"
        within = self.tolerance is not None and self.difference <= self.tolerance
        said = "within" if within else "beyond"
        return (
            f"replayed: differs by {self.difference:.3g}, {said} the tolerance of the bundle "
            f"({self.tolerance:g})"
        )


def find(lake: Lake, root: Path, models: Sequence[str], request_id: str) -> list[Request]:
    """Every request of this id, the newest first, in the table or in files that have not landed."""
    found = [one for model in models for one in _of_model(lake, root, model, request_id)]
    return sorted(found, key=lambda one: one.time, reverse=True)


def replay(artifacts: Artifacts, request: Request, trusted: Sequence[str] = ()) -> Replay:
    """Let the bundle that answered score the logged features again."""
    if request.digest is None or not request.scored:
        return Replay(None, problem="the request was refused, nothing was scored")
    try:
        folder = artifacts.bundle_folder(request.model, request.digest)
        bundle = open_bundle(folder, request.digest)
        columns = bundle.signature.columns_of(request.features(bundle.signature))
        scores = load_scorer(bundle, tuple(trusted)).score(bundle.signature.arrays(columns))
    except ServingError as error:
        return Replay(None, problem=str(error))
    difference = float(np.abs(scores - request.scores).max())
    return Replay(difference, bundle.golden.tolerance)


def _of_model(lake: Lake, root: Path, model: str, request_id: str) -> list[Request]:
    name = table(model)
    tables = []
    if lake.exists(name):
        tables.append((True, lake.read(name, where=[(names.REQUEST_ID, "=", request_id)])))
    known = {(one[names.WRITER], one[names.SEQUENCE]) for _, t in tables for one in t.to_pylist()}
    for logged, _ in lines_of(waiting(root, model), request_id):
        if (logged.file.writer, logged.file.sequence) not in known:
            schema = names.widened(names.SCHEMA, logged.signatures.values())
            tables.append((False, names.rows(logged, schema)))
    return [
        Request(model, landed, rows)
        for landed, one in tables
        for rows in _requests(one, request_id)
    ]


def _requests(rows: pa.Table, request_id: str) -> list[tuple[Mapping[str, Any], ...]]:
    """The rows of each request of this id."""
    by_place: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in rows.to_pylist():
        if one[names.REQUEST_ID] == request_id:
            place = (one[names.WRITER], one[names.SEQUENCE], one[names.LINE])
            by_place.setdefault(place, []).append(one)
    return [tuple(sorted(one, key=lambda row: row[names.ROW] or 0)) for one in by_place.values()]
