"""What a model must not learn from is left out, with the reason."""

import pytest

from platform_assets.scaffold.columns import facts
from platform_assets.scaffold.features import why_left_out

ROWS = 200
TARGET = ["yes" if row % 3 else "no" for row in range(ROWS)]


def reason(name, values):
    found = facts(name, values, whole=True)
    return why_left_out(found, {name: values, "y": TARGET}, "y")


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("nothing", [None] * ROWS, "empty"),
        ("constant", ["7"] * ROWS, "always '7'"),
        ("customer_id", [f"c{row * 7}" for row in range(ROWS)], "name the row"),
        ("PassengerId", [str(row * 3) for row in range(ROWS)], "name the row"),
        ("", [str(row) for row in range(ROWS)], "name the row"),
        ("when", ["2024-01-01"] * ROWS, "always '2024-01-01'"),
        ("review", [f"{row % 5} stars: {'good ' * 20}" for row in range(ROWS)], "free text"),
        ("name", [f"Ms {chr(65 + row % 26)}. No. {row}" for row in range(ROWS)], "200 values"),
        ("alive", ["1" if row % 3 else "0" for row in range(ROWS)], "says the same as 'y'"),
    ],
)
def test_a_column_is_left_out_for_a_reason(name, values, said):
    assert said in reason(name, values)


@pytest.mark.parametrize(
    "values",
    [
        [str(row % 7) for row in range(ROWS)],
        [f"{row / 7:.3f}" for row in range(ROWS)],
        [f"town {row % 90}" for row in range(ROWS)],
        ["7" if row % 2 else None for row in range(ROWS)],
        [str(row * row) for row in range(ROWS)],
        [f"2024-01-{1 + row % 28:02}" for row in range(ROWS)],
        [f"${row}.50" for row in range(ROWS)],
    ],
)
def test_what_could_tell_something_is_kept(values):
    assert reason("column", values) is None
