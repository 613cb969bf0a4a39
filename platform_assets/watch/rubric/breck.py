"""The 28 tests of the ML Test Score, and the checks that prove each here.

Breck, Cai, Nielsen, Salib, Sculley: The ML Test Score, a rubric for ML production readiness and
technical debt reduction, IEEE Big Data 2017. Seven tests for data, model, infrastructure and
monitoring each. A test earns a point where checks run it by themselves again and again, half a
point where it is run by hand; a model's score is the least of its four sums.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias, get_args

Section: TypeAlias = Literal["data", "model", "infrastructure", "monitoring"]
SECTIONS: tuple[Section, ...] = get_args(Section)
MONTH, QUARTER, DAYS = 30, 100, 3


@dataclass(frozen=True)
class Proof:
    """Checks of one asset; `*` in either name stands for any part of it."""

    asset: str
    check: str

    @classmethod
    def of(cls, text: str) -> "Proof":
        """From `asset.check`."""
        return cls(*text.split("."))

    def covers(self, asset: str, check: str) -> bool:
        return fnmatchcase(asset, self.asset) and fnmatchcase(check, self.check)

    def __str__(self) -> str:
        return f"{self.asset}.{self.check}"


@dataclass(frozen=True)
class RubricTest:
    """One test: `proofs` must all have run within `days` for up to `most` points.

    Where they have not, `partly` earns half a point. `reason` says why a test can have no more
    than `most`.
    """

    number: str
    section: Section
    name: str
    proofs: tuple[Proof, ...]
    days: int = MONTH
    most: float = 1.0
    reason: str = ""
    partly: tuple[Proof, ...] = ()


def _proofs(text: str) -> tuple[Proof, ...]:
    return tuple(Proof.of(one) for one in text.split())


_DATA = (
    RubricTest("D1", "data", "Feature expectations are captured in a schema",
               _proofs("cleaned.rows_accounted_for cleaned.quarantine_rate "
                       "training_set.parts_are_fit")),
    RubricTest("D2", "data", "All features are beneficial",
               _proofs("practices.features_beneficial")),
    RubricTest("D3", "data", "No feature's cost is too much",
               _proofs("*_deployment.latency_p99"), most=0.5,
               reason="all features together are held to the latency budget; what one alone costs "
               "to get and to keep is not measured"),
    RubricTest("D4", "data", "Features adhere to meta-level requirements",
               _proofs("training_set.no_feature_leaks training_set.no_row_in_both_parts")),
    RubricTest("D5", "data", "The data pipeline has appropriate privacy controls",
               _proofs("practices.personal_columns_kept_out")),
    RubricTest("D6", "data", "New features can be added quickly",
               _proofs("staging_deployment.ready"), most=0.5,
               reason="a run takes a changed folder to a tested endpoint; how long a person needs "
               "for the change is not measured"),
    RubricTest("D7", "data", "All input feature code is tested",
               _proofs("registry_entry.golden_rows *_deployment.golden_rows")),
)  # fmt: skip
_MODEL = (
    RubricTest("M1", "model", "Model specs are reviewed and submitted",
               _proofs("practices.live_code_approved")),
    RubricTest("M2", "model", "Offline and online metrics correlate",
               _proofs("monitoring.quality")),
    RubricTest("M3", "model", "All hyperparameters have been tuned",
               _proofs("practices.hyperparameters_searched")),
    RubricTest("M4", "model", "The impact of model staleness is known",
               _proofs("practices.staleness_known")),
    RubricTest("M5", "model", "A simpler model is not better",
               _proofs("evaluation_report.*_beats_[dl]*")),
    RubricTest("M6", "model", "Quality is sufficient on important data slices",
               _proofs("evaluation_report.slices_hold")),
    RubricTest("M7", "model", "The model is tested for considerations of inclusion",
               _proofs("evaluation_report.groups_treated_alike")),
)  # fmt: skip
_INFRASTRUCTURE = (
    RubricTest("I1", "infrastructure", "Training is reproducible",
               _proofs("candidate_model.seeds_fixed reproduce_drill.live_version_is_made_again"),
               days=QUARTER, partly=_proofs("candidate_model.seeds_fixed")),
    RubricTest("I2", "infrastructure", "Model specs are unit tested",
               _proofs("candidate_model.seeds_fixed registry_entry.golden_rows"), most=0.5,
               reason="unit tests of a model's folder run in CI, which leaves no check event; each "
               "training only proves seeds and the answers to golden rows"),
    RubricTest("I3", "infrastructure", "The ML pipeline is integration tested",
               _proofs("staging_deployment.ready staging_deployment.golden_rows "
                       "staging_deployment.bad_input")),
    RubricTest("I4", "infrastructure", "Model quality is validated before serving",
               _proofs("evaluation_report.*_reaches evaluation_report.*_beats_champion")),
    RubricTest("I5", "infrastructure", "The model is debuggable",
               _proofs("predictions.logged_rows_accounted_for"), most=0.5,
               reason="slipway trace walks from an answer back to its data and replays it; "
               "a person looks"),
    RubricTest("I6", "infrastructure", "Models are canaried before serving",
               _proofs("production_deployment.canary"), partly=_proofs(
                   "staging_deployment.ready staging_deployment.error_rate")),
    RubricTest("I7", "infrastructure", "Serving models can be rolled back",
               _proofs("rollback_drill.rolls_back_and_forth"), days=QUARTER),
)  # fmt: skip
_MONITORING = (
    RubricTest("O1", "monitoring", "Dependency changes result in notification",
               _proofs("monitoring.staleness"), days=DAYS),
    RubricTest("O2", "monitoring", "Data invariants hold for inputs",
               _proofs("cleaned.quarantine_rate monitoring.invariants"), days=DAYS,
               partly=_proofs("monitoring.invariants")),
    RubricTest("O3", "monitoring", "Training and serving are not skewed",
               _proofs("monitoring.skew"), days=DAYS),
    RubricTest("O4", "monitoring", "Models are not too stale",
               _proofs("monitoring.staleness"), days=DAYS),
    RubricTest("O5", "monitoring", "Models are numerically stable",
               _proofs("monitoring.numerical_health"), days=DAYS),
    RubricTest("O6", "monitoring", "Computing performance has not regressed",
               _proofs("monitoring.latency monitoring.errors"), days=DAYS, most=0.5,
               reason="latency and errors are watched; the memory of a replica and the speed of "
               "training are not compared over time"),
    RubricTest("O7", "monitoring", "Prediction quality has not regressed",
               _proofs("monitoring.quality"), days=DAYS),
)  # fmt: skip
TESTS = (*_DATA, *_MODEL, *_INFRASTRUCTURE, *_MONITORING)
