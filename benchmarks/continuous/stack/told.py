"""What a play through the stack says: what was live when, and its quality beside the first model's.

Days on which a request got no answer are left out, and named.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.continuous.report import MONTH
from benchmarks.continuous.stack.journal import Journal
from benchmarks.continuous.stack.place import MODEL
from benchmarks.continuous.year import JUDGE, SPEC, Array, Year
from benchmarks.telling import head, row
from platform_assets.ml.export import columns
from resources.artifacts import Artifacts
from resources.settings import Settings
from serving.bundle import Bundle, open_bundle
from serving.scorer import load_scorer


def report(journal: Journal, year: Year, home: Path) -> str:
    days = journal.answers()
    whole = {day: one for day, one in days.items() if one["score"].notna().all()}
    answers = pd.concat([one.assign(day=day) for day, one in whole.items()], ignore_index=True)
    lost = [str(day) for day in days if day not in whole]
    told = answers.assign(**beside(answers, year, first_bundle(answers, home)))
    return "\n".join(
        [
            *quality(told),
            "",
            *versions(answers),
            "",
            f"Days left out, some payment was not answered: {', '.join(lost) or 'none'}.",
        ]
    )


def first_bundle(answers: pd.DataFrame, home: Path) -> Bundle:
    digest = str(answers["digest"].iloc[0])
    return open_bundle(
        Artifacts(Settings(home=home).artifacts).bundle_folder(MODEL, digest), digest
    )


def beside(answers: pd.DataFrame, year: Year, first: Bundle) -> dict[str, Array]:
    """The truth of each answer, and what the first model would have said."""
    rows = year.frame.set_index(SPEC.id).loc[answers["id"]]
    scores = load_scorer(first).score(columns(rows, first.signature))
    never = scores if scores.ndim == 1 else scores[:, 1]
    return {"truth": rows[SPEC.target].to_numpy(int), "never": np.asarray(never)}


def quality(told: pd.DataFrame) -> Iterator[str]:
    """By spans of a month, and over all."""
    first, end = int(told["day"].min()), int(told["day"].max()) + 1
    spans = [(day, min(day + MONTH, end)) for day in range(first, end, MONTH)]
    yield head((f"{JUDGE.name}, days", "payments", "frauds", "what was live", "the first model"))
    for begin, until in [*spans, (first, end)]:
        some = told[told["day"].between(begin, until - 1)]
        truth = some["truth"].to_numpy()
        live, never = (JUDGE(truth, some[name].to_numpy()) for name in ("score", "never"))
        yield row(
            (f"{begin} to {until - 1}", len(some), truth.sum(), f"{live:.3f}", f"{never:.3f}")
        )


def versions(answers: pd.DataFrame) -> Iterator[str]:
    """From which day to which each version answered."""
    yield head(("version", "first answer on day", "last on day", "payments"))
    for version, some in answers.groupby("version", sort=False)["day"]:
        yield row((version, some.min(), some.max(), len(some)))
