import pytest

from gitops.budget import LatencyBudget, budget_from_text
from gitops.errors import ManifestInvalid


def test_a_budget_survives_its_text():
    budget = LatencyBudget(rate=80, seconds=3, p99_ms=40.5, error_rate=0.01)
    assert budget_from_text(budget.to_text()) == budget


@pytest.mark.parametrize(
    ("field", "value"),
    [("rate", 0), ("p99_ms", -1), ("seconds", float("nan")), ("p50_ms", "fast"), ("rate", True)],
)
def test_a_figure_that_is_no_budget_is_refused_by_name(field, value):
    with pytest.raises(ManifestInvalid, match=field):
        LatencyBudget(**{field: value})


def test_every_request_may_not_fail():
    with pytest.raises(ManifestInvalid, match="a share below 1"):
        LatencyBudget(error_rate=1.0)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rate":1}', LatencyBudget().to_text() + "x"])
def test_a_text_that_is_no_budget_is_refused(text):
    with pytest.raises(ManifestInvalid, match="latency-budget"):
        budget_from_text(text)


def test_the_same_budget_always_gives_the_same_text():
    assert LatencyBudget(rate=1).to_text() == LatencyBudget(rate=1.0).to_text()
