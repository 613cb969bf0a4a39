"""Whether an estimator does the same again: every step that draws at random has a seed."""

from collections.abc import Callable, Mapping
from typing import Any

from platform_assets.findings import Findings

_SEED = "random_state"
_UNSET = (None, "deprecated")
Params = Mapping[str, Any]

# scikit-learn 1.9 reads `random_state` of these under a condition alone; of all others it is taken
# to draw. Ridge's `auto` never chooses sag with dense rows.
_DRAWS_IF: Mapping[str, Callable[[Params], bool]] = {
    "LogisticRegression": lambda own: own["solver"] in ("liblinear", "sag", "saga"),
    "Ridge": lambda own: own["solver"] in ("sag", "saga"),
    "RidgeClassifier": lambda own: own["solver"] in ("sag", "saga"),
    "Lasso": lambda own: own["selection"] == "random",
    "ElasticNet": lambda own: own["selection"] == "random",
    "LinearSVC": lambda own: own["dual"] is not False,
    "SVC": lambda own: own["probability"] is True,
    "NuSVC": lambda own: own["probability"] is True,
    "TargetEncoder": lambda own: own["shuffle"] is not False and isinstance(own["cv"], int),
    "PCA": lambda own: own["svd_solver"] in ("auto", "randomized", "arpack"),
    "DummyClassifier": lambda own: own["strategy"] in ("stratified", "uniform"),
}


def seeds_fixed(pipeline: Any) -> Findings:
    """Blocks if a step of an unfitted pipeline draws at random and its `random_state` is None.

    Splitters such as `KFold` that shuffle count too, wherever a parameter holds one.
    """
    unseeded = _unseeded(pipeline)
    if not unseeded:
        return Findings()
    named = ", ".join(unseeded)
    sentence = (
        f"without a seed, training again gives another model: {named}; "
        f"set {_SEED}=0 (or any number) in estimator.py"
    )
    return Findings([sentence], facts={"unseeded": named})


def _unseeded(pipeline: Any) -> list[str]:
    """The full names of the parameters that lack a seed."""
    parts = {"": pipeline, **pipeline.get_params(deep=True)}
    return sorted(
        f"{name}__{_SEED} of {type(part).__name__}".removeprefix("__")
        for name, part in parts.items()
        if _draws_unseeded(part)
    )


def _draws_unseeded(part: Any) -> bool:
    if isinstance(part, type) or getattr(part, _SEED, 0) not in _UNSET:
        return False
    if not hasattr(part, "get_params"):
        return bool(getattr(part, "shuffle", True))
    draws = _DRAWS_IF.get(type(part).__name__)
    return draws is None or draws(part.get_params(deep=False))
