"""Is a candidate as good as what is stable? Yes, no, or not yet known: decided from figures alone.

Each figure has an interval of 95 %. It passes when all of it keeps the limit, fails when all of it
breaks it, and is inconclusive in between, so that neither luck nor a short step decides.
"""

import math
from collections.abc import Sequence

from gitops.canary import CanaryPolicy
from gitops.conditions import Verdict, VerdictOutcome
from gitops.figures import Figures, Pairs, Side

Z = 1.96
QUANTILE = 0.95
# Below it not even a bad figure says anything.
FEWEST = 20
# What a busy machine adds to one version and not to the other.
GRACE_MS = 5.0


def analyse(
    policy: CanaryPolicy, seen: Figures, replayed: Figures | None = None
) -> tuple[Verdict, ...]:
    """Verdicts `canary_samples`, `canary_errors`, `canary_latency`, `canary_shift` and
    `canary_disagreement`; the last two only where the policy has requests scored twice.

    Latency is that of what was answered, and of the replay where too little was.
    """
    both = seen + replayed if replayed else seen
    by = seen if replayed is None or _tells(seen) else replayed
    verdicts = [
        _samples(policy, both),
        _errors(policy, both),
        _latency(policy, by.stable, by.candidate),
    ]
    if policy.shadow or replayed:
        verdicts += [_shift(policy, both.pairs), _disagreement(policy, both.pairs)]
    return tuple(verdicts)


def conclusion(verdicts: Sequence[Verdict]) -> VerdictOutcome:
    """One failure fails; all must pass for a pass."""
    outcomes = {verdict.outcome for verdict in verdicts}
    if "fail" in outcomes:
        return "fail"
    return "pass" if outcomes == {"pass"} else "inconclusive"


def wilson(count: float, of: int) -> tuple[float, float]:
    """Wilson's interval of a share; 0 to 1 where nothing is known."""
    if not of:
        return 0.0, 1.0
    share, z2 = count / of, Z * Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def _samples(policy: CanaryPolicy, figures: Figures) -> Verdict:
    known, wanted = figures.requests, policy.samples
    outcome: VerdictOutcome = "pass" if known >= wanted else "inconclusive"
    return Verdict(
        "canary_samples",
        known >= wanted,
        "requests known",
        float(known),
        None,
        message=f"at least {wanted}",
        outcome=outcome,
    )


def _errors(policy: CanaryPolicy, figures: Figures) -> Verdict:
    mine, pairs = figures.candidate, figures.pairs
    count = mine.errors + pairs.failures
    of = mine.requests + max(pairs.shadowed, pairs.failures)
    stable = figures.stable
    usual = stable.errors / stable.requests if stable.requests >= FEWEST else 0.0
    observed = count / of if of else None
    low, high = wilson(count, of)
    return _judged("canary_errors", "errors", observed, low, high, usual + policy.errors, "", of)


def _latency(policy: CanaryPolicy, stable: Side, candidate: Side) -> Verdict:
    usual, mine = stable.quantile_ms(QUANTILE), candidate.quantile_ms(QUANTILE)
    low, high = (candidate.quantile_ms(QUANTILE, way) for way in (-Z, Z))
    known = math.isfinite(usual) and math.isfinite(mine)
    limit = max(policy.slowdown * usual, usual + GRACE_MS) if known else math.inf
    observed, of = (mine, min(stable.requests, candidate.requests)) if known else (None, 0)
    allowed = limit if known else None
    return _judged("canary_latency", "p95", observed, low, high, allowed, "ms", of)


def _shift(policy: CanaryPolicy, pairs: Pairs) -> Verdict:
    if not pairs.rows:
        return _judged("canary_shift", "shift", None, 0, math.inf, policy.shift, "", 0)
    spread = _deviation(pairs.stable, pairs.stable_squares, pairs.rows)
    mean = abs(pairs.shift / pairs.rows)
    error = _deviation(pairs.shift, pairs.shift_squares, pairs.rows) / math.sqrt(pairs.rows)
    unit = spread or (math.inf if not mean else mean / 1e6)
    low, high = ((mean + way * Z * error) / unit for way in (-1, 1))
    name = "shift in standard deviations"
    return _judged("canary_shift", name, mean / unit, low, high, policy.shift, "", pairs.requests)


def _disagreement(policy: CanaryPolicy, pairs: Pairs) -> Verdict:
    observed = pairs.disagreed / pairs.rows if pairs.rows else None
    low, high = wilson(pairs.disagreed, pairs.rows)
    name, limit = "rows decided otherwise", policy.disagreement
    return _judged("canary_disagreement", name, observed, low, high, limit, "", pairs.requests)


def _judged(
    check: str,
    metric: str,
    observed: float | None,
    low: float,
    high: float,
    limit: float | None,
    unit: str,
    of: int,
) -> Verdict:
    """`low` and `high` are the figure's interval, `of` how many requests it rests on."""
    passed = limit is not None and observed is not None and high <= limit
    failed = limit is not None and of >= FEWEST and low > limit
    outcome: VerdictOutcome = "pass" if passed else "fail" if failed else "inconclusive"
    message = f"{low:.4g} to {high:.4g} in {of} requests" if of else "nothing was asked"
    return Verdict(check, passed, metric, observed, limit, unit, message, outcome=outcome)


def _deviation(total: float, squares: float, count: int) -> float:
    return math.sqrt(max(0.0, squares / count - (total / count) ** 2))


def _tells(figures: Figures) -> bool:
    """Whether its latencies have an interval that ends."""
    return math.isfinite(figures.candidate.quantile_ms(QUANTILE, Z)) and bool(
        figures.stable.requests
    )
