import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.histogram import Histogram, histogram_from
from resources.load import LoadReport

LATENCIES = st.lists(st.floats(0.001, 1e6) | st.just(math.inf), min_size=1, max_size=60)


@given(LATENCIES, st.sampled_from([1.0, 50.0, 95.0, 99.0, 99.9, 100.0]))
def test_percentiles_are_those_of_the_latencies_within_one_percent_and_a_microsecond(found, q):
    exact = LoadReport(1, 1, len(found), 0, np.array(found)).percentile(q)
    (counted,) = Histogram.of(np.array(found)).percentiles([q])
    assert counted == exact or exact <= counted + 1e-9 <= exact * 1.01 + 0.002


@given(LATENCIES, LATENCIES)
def test_histograms_add_up(one, two):
    both = Histogram.of(np.array(one)) + Histogram.of(np.array(two))
    assert both == Histogram.of(np.array(one + two))
    assert both.total == len(one) + len(two)


@given(LATENCIES)
def test_a_histogram_survives_being_told(found):
    histogram = Histogram.of(np.array(found))
    assert histogram_from(histogram.told()) == histogram


def test_what_was_lost_is_counted_apart():
    histogram = Histogram.of(np.array([1.0, math.inf]))
    assert (histogram.counts, histogram.lost) == ({1003: 1}, 1)
    assert histogram.percentiles([50, 100]) == [1.003, math.inf]


def test_buckets_are_few_whatever_is_counted():
    assert len(Histogram.of(np.geomspace(0.001, 1e6, 100_000)).counts) < 256 + 128 * 22


@pytest.mark.parametrize("told", [{}, {"us": [[1, "x"]], "lost": 0}, {"us": [3], "lost": 0}])
def test_what_is_no_histogram_is_refused(told):
    with pytest.raises((KeyError, TypeError, ValueError)):
        histogram_from(told)
