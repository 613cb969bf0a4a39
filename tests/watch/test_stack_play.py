"""The play through the stack: how its periods are made short, before anything starts."""

import pytest

from benchmarks.continuous.stack.journal import Begun
from benchmarks.continuous.stack.place import Pace, compressed
from benchmarks.continuous.year import FOLDER
from platform_assets.spec import ModelSpec


def test_every_period_is_as_much_shorter_as_a_day_and_the_model_still_valid():
    said = FOLDER.spec.model_dump(mode="json", exclude_none=True)
    found = ModelSpec.model_validate(compressed(said, Pace(seconds=15, days=4), customers=3))
    assert found.retraining.cool_down_hours == pytest.approx(72 * 15 / 86_400)
    assert found.retraining.schedule == "*/2 * * * *"
    assert (found.monitoring.window_minutes, found.monitoring.quality_windows) == (1, 4)


def test_windows_that_are_no_whole_minutes_are_refused():
    with pytest.raises(ValueError, match=r"45 s|0\.75 minutes"):
        _ = Pace(seconds=15, days=3).window_minutes


def test_a_moment_is_told_as_its_simulated_day():
    assert Begun(1000.0, 15.0, 4, 60, 180, 3).day(1030.0) == 62
