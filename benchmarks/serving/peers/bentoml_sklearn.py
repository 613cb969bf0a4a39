"""BentoML."""

from typing import Any

import bentoml

from benchmarks.serving.peers import pandas_scoring


@bentoml.service(workers=1)
class Scoring:
    """One worker, as everyone here."""

    @bentoml.api(route="/invocations")
    def invocations(self, dataframe_split: dict[str, Any]) -> dict[str, list[float]]:
        return pandas_scoring.predictions({"dataframe_split": dataframe_split})
