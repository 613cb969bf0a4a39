"""A model whose callers are made up: rows asked on days of one's own, in real tables.

Everything but the clock and the endpoint is real: the log's rows, the reference, the lake.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import skops.io
from sklearn.pipeline import Pipeline

from platform_assets.data.contract import LINEAGE, Contract
from platform_assets.folder import ModelFolder
from platform_assets.ml.intervals import Interval, bootstrap
from platform_assets.ml.metrics import metric
from platform_assets.ml.reference import reference
from platform_assets.ml.scoring import scores
from platform_assets.ml.signature import signature_of
from platform_assets.model.lock import lock_digest
from platform_assets.spec import ModelSpec
from platform_assets.watch import log_rows
from platform_assets.watch.alerts import Alert, alerts
from platform_assets.watch.judging import Judge
from platform_assets.watch.landing_log import table
from platform_assets.watch.log_files import LogFile, Logged
from platform_assets.watch.observations import Observation, observed
from platform_assets.watch.served import Served
from platform_assets.watch.standing import rule_of
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Registry
from serving.bundle import Bundle, BundleContents, GoldenRows, write_bundle
from tests.support.tiny import SPEC, build_pipeline
from tests.support.watched import DAY, FIRST

EVER = datetime(1970, 1, 1, tzinfo=UTC)
DIGEST = f"sha256:{'a' * 64}"
ROWS = 400
Change = Callable[[pd.DataFrame], pd.DataFrame]


class Orders(pandera.DataFrameModel):
    order: str
    amount: float = pandera.Field(ge=0, le=20_000, nullable=True)
    hour: int = pandera.Field(ge=0, le=23)
    channel: str = pandera.Field(isin=["web", "shop"])
    returned: int = pandera.Field(isin=[0, 1])


def model(**monitoring: object) -> ModelFolder:
    """`tiny` with the hour of the order."""
    changes = {"features": ["amount", "hour", "channel"], "monitoring": monitoring}
    spec = ModelSpec.model_validate(SPEC | changes)
    return ModelFolder("tiny", Path(__file__).parent, spec, Orders.to_schema(), build_pipeline)


def orders(rows: int, seed: int, name: str = "o") -> pd.DataFrame:
    """Orders of whole days, most of them in the evening; dear ones come back more often."""
    draw = np.random.default_rng(seed)
    amount = draw.lognormal(3.5, 0.8, rows).round(2)
    hour = draw.binomial(23, 0.75, rows)
    channel = draw.choice(["web", "shop"], rows)
    risk = 1 / (1 + np.exp(-(np.log(amount) - 3.5) * 2.5 - (channel == "web") + hour / 8 - 1.5))
    return pd.DataFrame(
        {
            "order": [f"{name}{number}" for number in range(rows)],
            "amount": amount,
            "hour": hour,
            "channel": channel,
            "returned": (draw.random(rows) < risk).astype(int),
        }
    )


@cache
def fitted(seed: int = 0) -> Pipeline:
    frame = orders(4000, seed)
    return build_pipeline().fit(_features(frame), frame["returned"])


@cache
def promised(seed: int = 0) -> Served:
    """What a version said of itself when it was judged; `seed` and the next one draw its rows."""
    train, held = orders(4000, seed), orders(2000, seed + 1)
    folder, answers = model(), scores(fitted(seed), "binary", _features(held))
    signature = signature_of(
        "tiny", "binary", folder.contract, folder.spec.features, classes=("0", "1")
    )
    known: Interval = bootstrap(metric("binary", "roc_auc"), held["returned"].to_numpy(), answers)
    drift = reference(_features(train), answers)
    return Served(signature, drift, lock_digest(), known, None, folder.code_version)


def bundle(store: Path) -> Bundle:
    """The same as a real bundle."""
    held, known = orders(5, seed=1), promised()
    model_bytes = skops.io.dumps(fitted())
    answers = scores(fitted(), "binary", _features(held)).tolist()
    contents = BundleContents(
        runtime="skops",
        model=model_bytes,
        signature=known.signature,
        golden=GoldenRows(tuple(_sent(held)), tuple(answers), 1e-9),
        reference=known.reference,
        environment={"lock": lock_digest()},
        trusted=tuple(skops.io.get_untrusted_types(data=model_bytes)),
    )
    return write_bundle(store, contents)


@dataclass
class Watched:
    """The model `tiny` in production, asked and delivered to by days from `watched.FIRST` on."""

    home: Path
    folder: ModelFolder = field(default_factory=model)
    served: Served = field(default_factory=promised)
    digest: str = DIGEST
    asked: int = 0

    @property
    def lake(self) -> Lake:
        return Lake(str(self.home / "lake"))

    def ask(
        self,
        day: float,
        frame: pd.DataFrame,
        *,
        answers: np.ndarray | None = None,
        status: int = 200,
        latency_ms: float = 5.0,
        prefix: str = "",
    ) -> None:
        """Log one request a row, spread over a day; refused ones have no scores."""
        values = self.answers(frame) if answers is None else answers
        begin = FIRST + day * DAY
        lines = [
            {
                "request_id": f"{prefix}{name}",
                "time_us": _micros(begin + place * DAY / len(frame)),
                "latency_us": int(latency_ms * 1000 * (1 + 0.2 * np.sin(place))),
                "status": status,
                "protocol": "infer",
                "digest": self.digest,
                "version": "1",
                "scored": _scored(row, score) if status == 200 else None,
            }
            for place, (name, row, score) in enumerate(
                zip(frame["order"], _sent(frame), values, strict=True)
            )
        ]
        self._log(lines)

    def answers(self, frame: pd.DataFrame) -> np.ndarray:
        return scores(fitted(), "binary", _features(frame))

    def deliver(self, frame: pd.DataFrame) -> None:
        """Rows as they stand in `cleaned`, with their labels."""
        schema = Contract.of(self.folder.contract, "order").clean_schema()
        rows = frame.assign(**dict.fromkeys(LINEAGE, 0))
        arrays = [pa.array(rows[one.name], one.type, from_pandas=True) for one in schema]
        self.lake.append("tiny/cleaned", pa.table(arrays, schema=schema), [])

    def judge(self, day: float) -> list[Observation]:
        """What is new an hour after the end of a day."""
        registry = Registry(f"sqlite:///{self.home}/none.db", self.home / "none")
        judge = Judge(
            self.folder,
            self.lake,
            Artifacts(self.home / "store"),
            registry,
            {self.digest: self.served},
        )
        return judge.run(FIRST + (day + 1) * DAY + timedelta(hours=1))

    def alerts(self) -> list[Alert]:
        return alerts(observed(self.lake, "tiny", EVER), rule_of(self.folder))

    def monitors(self) -> set[str]:
        """The monitors that raise an alert."""
        return {one.monitor for one in self.alerts()}

    def _log(self, lines: list[dict[str, object]]) -> None:
        self.asked += 1
        file = LogFile("w" * 16, self.asked, self.home, 0, 0.0)
        signatures = {self.digest: self.served.signature}
        logged = Logged(file, "production", 0, len(lines), signatures, lines)
        schema = log_rows.widened(log_rows.SCHEMA, signatures.values())
        self.lake.append(table("tiny"), log_rows.rows(logged, schema), [])


def _features(frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame[["amount", "hour", "channel"]].astype({"hour": float})
    return kept.assign(amount=kept["amount"].fillna(0.0))


def _sent(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The features as callers send them, None where there is none."""
    kept = frame[["amount", "hour", "channel"]].astype(object)
    return kept.where(kept.notna(), None).to_dict("records")


def _scored(row: dict[str, object], score: float) -> dict[str, object]:
    return {"features": {name: [value] for name, value in row.items()}, "scores": [score]}


def _micros(time: datetime) -> int:
    return int(time.timestamp() * 1_000_000)
