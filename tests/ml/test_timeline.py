"""Pictures over time."""

from datetime import UTC, datetime, timedelta

from matplotlib.colors import to_hex

from platform_assets.ml.timeline import LINES, Point, Timeline, timeline, timeline_axes

FIRST = datetime(2026, 3, 1, tzinfo=UTC)


def line(*values, spread=None):
    return [
        Point(
            FIRST + timedelta(days=day),
            value,
            *((value - spread, value + spread) if spread else ()),
        )
        for day, value in enumerate(values)
    ]


def drawn(**lines):
    return timeline_axes(Timeline("x", "Title", "Caption.", "PSI", lines, 0.2))


def test_a_picture_has_a_line_for_each_name_and_one_for_the_bound():
    axes = drawn(a=line(0.1, 0.3), b=line(0.0, 0.1))
    assert len(axes.lines) == 3
    assert axes.lines[-1].get_ydata()[0] == 0.2
    assert axes.get_ylabel() == "PSI"


def test_of_many_lines_those_that_end_highest_have_a_colour_and_a_name():
    axes = drawn(**{f"x{number}": line(0.0, number / 10) for number in range(9)})
    named = [one for one in axes.lines if to_hex(one.get_color()) in LINES]
    assert [one.get_label() for one in named] == [f"x{number}" for number in range(8, 2, -1)]


def test_an_interval_is_a_band_and_none_is_none():
    assert len(drawn(a=line(0.5, 0.6, spread=0.1)).collections) == 1
    assert len(drawn(a=line(0.5, 0.6)).collections) == 0


def test_equal_observations_give_equal_bytes():
    given = Timeline("x", "Title", "Caption.", "PSI", {"a": line(0.1, 0.3)}, 0.2)
    assert timeline(given).png == timeline(given).png
    assert timeline(given).png.startswith(b"\x89PNG")
