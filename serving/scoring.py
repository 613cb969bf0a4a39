"""From a request for predictions to its answer, in the protocol that it speaks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from serving import bodies
from serving.asgi import Answer, Asked
from serving.live import Live
from serving.prediction_log import PredictionLog, Scored
from serving.protocols import binary_tensors
from serving.protocols.arrow_streams import read_arrow, write_arrow
from serving.protocols.csv_frames import read_csv
from serving.protocols.documents import parse_json
from serving.protocols.frames import read_invocation, write_predictions
from serving.protocols.open_inference import Inference, read_infer, write_infer
from serving.settings import ServingSettings
from serving.signature import Array


class Protocol(NamedTuple):
    """How one path is asked: the media types that it reads, and what is made of a request.

    `answer` makes a whole answer and what the log is told, `score` the scores of its rows alone;
    both raise RequestError for what does not fit.
    """

    media: tuple[str, ...]
    answer: Callable[[Live, Asked], Answer]
    score: Callable[[Live, Asked], Array]


class Predictions:
    """Both protocols; each request that is answered is told to `log`."""

    def __init__(self, settings: ServingSettings, log: PredictionLog | None) -> None:
        self._settings = settings
        self._log = log

    @property
    def protocols(self) -> Mapping[str, Protocol]:
        """By the last part of their paths."""
        return {
            "infer": Protocol(
                (bodies.JSON, bodies.BINARY),
                self.infer,
                lambda live, asked: _scores(live, self._tensors(live, asked).columns),
            ),
            "invocations": Protocol(
                (bodies.JSON, bodies.CSV, bodies.ARROW),
                self.invocations,
                lambda live, asked: _scores(live, self._frame(live, asked)),
            ),
        }

    def infer(self, live: Live, asked: Asked) -> Answer:
        """Answer in the Open Inference Protocol; RequestError for what does not fit."""
        signature = live.bundle.signature
        request = self._tensors(live, asked)
        scores, scored = self._score(live, asked, request.columns)
        identity = request.id or asked.id
        document, data = write_infer(signature, live.version, request, identity, scores)
        if not data:
            return Answer(200, document, scored=scored, scores=scores)
        length = (binary_tensors.HEADER.encode(), b"%d" % len(document))
        return Answer(200, document + data, (length,), bodies.BINARY, scored, scores)

    def invocations(self, live: Live, asked: Asked) -> Answer:
        """Answer as MLflow's server does, or in Arrow; RequestError for what does not fit."""
        signature = live.bundle.signature
        scores, scored = self._score(live, asked, self._frame(live, asked))
        if asked.wants(bodies.ARROW):
            return Answer(200, write_arrow(signature, scores), (), bodies.ARROW, scored, scores)
        document = orjson.dumps(write_predictions(signature, scores))
        return Answer(200, document, scored=scored, scores=scores)

    def _tensors(self, live: Live, asked: Asked) -> Inference:
        text, binary = binary_tensors.split(asked.body, asked.header(binary_tensors.HEADER))
        return read_infer(live.bundle.signature, parse_json(text), self._settings.max_rows, binary)

    def _frame(self, live: Live, asked: Asked) -> Mapping[str, Sequence[Any] | Array]:
        signature, limit = live.bundle.signature, self._settings.max_rows
        if asked.media == bodies.JSON:
            return read_invocation(signature, parse_json(asked.body), limit)
        if asked.media == bodies.CSV:
            return read_csv(signature, asked.body, limit)
        return read_arrow(signature, asked.body, limit, self._settings.max_body_bytes)

    def _score(
        self, live: Live, asked: Asked, columns: Mapping[str, Sequence[Any] | Array]
    ) -> tuple[Array, Scored | None]:
        """The scores, and what the prediction log says of them."""
        scores = _scores(live, columns)
        scored = None if self._log is None else self._log.scored(asked.id, columns, scores)
        return scores, scored


def _scores(live: Live, columns: Mapping[str, Sequence[Any] | Array]) -> Array:
    return live.scorer.score(live.bundle.signature.arrays(columns))
