"""Counts that add up over replicas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.figures import Arm, bound_us, bucket, disagreeing


@given(st.integers(0, 10**12))
def test_a_latency_is_at_most_its_bound_and_little_less(nanoseconds):
    bound = bound_us(bucket(nanoseconds))
    assert max(nanoseconds, 1000) / 1000 <= bound * 1.001
    assert bound <= max(nanoseconds, 1000) / 1000 * 1.0906


def test_an_arm_tells_requests_errors_and_latencies():
    arm = Arm()
    arm.count(1_000)
    arm.count(2_000_000, failed=True)
    told = arm.told()
    assert (told["requests"], told["errors"]) == (2, 1)
    assert told["latency_us"] == [[1.0, 1], [pytest.approx(2048.0), 1]]


def test_a_binary_row_is_decided_by_the_threshold(fraud):
    was, new = np.array([0.4, 0.4, 0.9]), np.array([0.6, 0.1, 0.8])
    assert disagreeing(fraud, fraud, was, new).tolist() == [True, False, False]


def test_one_of_several_classes_is_decided_by_the_likeliest(iris):
    was = np.array([[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]])
    new = np.array([[0.4, 0.5, 0.1], [0.2, 0.7, 0.1]])
    assert disagreeing(iris, iris, was, new).tolist() == [True, False]


def test_a_number_is_another_one_beyond_a_tenth_of_the_spread(line):
    # The golden scores of the line are 8 and -4.5: their spread is 6.25.
    was, new = np.array([1.0, 1.0]), np.array([1.6, 1.7])
    assert disagreeing(line, line, was, new).tolist() == [False, True]


def test_answers_of_another_shape_agree_on_nothing(iris):
    assert disagreeing(iris, iris, np.zeros((2, 3)), np.zeros((2, 2))).tolist() == [True, True]
