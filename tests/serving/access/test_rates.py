"""What a token may ask how often: the first rate that is full refuses, and costs nothing."""

import pytest

from serving.access.grants import grant_for
from serving.access.rates import Rates
from serving.errors import TooManyRequests


def test_a_refused_request_uses_up_none_of_the_rates():
    grant = grant_for("t", "shop", rate="4/day; 2/hour")
    rates = Rates()
    for _ in range(2):
        rates.spend(grant)
    for _ in range(5):
        with pytest.raises(TooManyRequests, match="2 per 1 hour"):
            rates.spend(grant)
    rates.spend(grant_for("t", "shop", rate="4/day"))
