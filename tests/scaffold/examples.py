"""Small made-up tables of the kinds that the tests of `scaffold` share."""

from pathlib import Path

import numpy as np
import pandas as pd

from platform_assets.scaffold.plan import Plan, Request, decide
from platform_assets.scaffold.sample import read_sample

ROWS = 300


def flowers(rows: int = ROWS) -> pd.DataFrame:
    """Three kinds of flowers, told apart by two lengths and a colour; some lengths are missing."""
    draw = np.random.default_rng(0)
    kind = np.array(["aster", "lily", "rose"], dtype=object)[np.arange(rows) % 3]
    length = draw.normal(0, 0.4, rows) + (np.arange(rows) % 3)
    frame = pd.DataFrame(
        {
            "petal length (cm)": (length + 3).round(2),
            "width": (draw.normal(2, 0.3, rows) + length / 2).round(2),
            "colour": draw.choice(["red", "white"], rows),
            "kind": kind,
        }
    )
    frame.loc[::10, "width"] = np.nan
    return frame


def flats(rows: int = ROWS) -> pd.DataFrame:
    """Rents by size, district (of many) and date; the rent has a comma before its decimals."""
    draw = np.random.default_rng(1)
    size, district = draw.uniform(20, 120, rows).round(1), draw.integers(0, 60, rows)
    rent = (size * 11 + district * 4 + draw.normal(0, 20, rows)).round(2)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), unit="D")
    return pd.DataFrame(
        {
            "id": [f"f{number}" for number in range(rows)],
            "Größe": [f"{value}".replace(".", ",") for value in size],
            "district": [f"district {number}" for number in district],
            "let on": days.strftime("%d.%m.%Y"),
            "rent": [f"{value}".replace(".", ",") for value in rent],
        }
    )


def people(rows: int = ROWS) -> pd.DataFrame:
    """Incomes as UCI writes them: a space before each value, `?` where nothing is known."""
    draw = np.random.default_rng(2)
    age, work = draw.integers(18, 80, rows), draw.choice(["Private", "State-gov", "?"], rows)
    rich = age + 15 * (work == "Private") + draw.normal(0, 8, rows) > 60
    income = np.where(rich, ">50K", "<=50K")
    columns = {"age": age, "work": work, "income": income}
    return pd.DataFrame({name: [f" {cell}" for cell in cells] for name, cells in columns.items()})


def saved(folder: Path, frame: pd.DataFrame, name: str = "table.csv", **options) -> Path:
    """The table as a csv, as pandas writes it with these options."""
    place = folder / name
    frame.to_csv(place, **{"index": False} | options)
    return place


def written(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    """A file with exactly this content."""
    place = folder / name
    place.write_bytes(text.encode() if isinstance(text, str) else text)
    return place


def planned(file: Path, target: str, name: str = "trial", **asked) -> Plan:
    """The model that is chosen for a file."""
    return decide(Request(name, file, target, **asked), read_sample(file, target))
