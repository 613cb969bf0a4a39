"""The delivery: 442 patients of Efron, Hastie, Johnstone and Tibshirani (2004), from scikit-learn.

.venv/bin/python -m platform_assets.defs.diabetes.source FOLDER
"""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_diabetes

FILE = "patients.parquet"

_NAMES = {
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_to_hdl",
    "s5": "log_triglycerides",
    "s6": "glucose",
    "target": "progression",
}
_SEXES = {1.0: "1", 2.0: "2"}


def patients() -> pd.DataFrame:
    """One patient a row, in the units they were measured in; which sex is 1 is not on record."""
    measured: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns=_NAMES)
    measured["sex"] = measured["sex"].map(_SEXES)
    measured.insert(0, "patient_id", [f"P{number:03d}" for number in range(len(measured))])
    return measured


def deliver(folder: Path) -> Path:
    """Write the one file into `folder`; it appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    hidden = folder / f".{FILE}.part"
    patients().to_parquet(hidden, index=False)
    return hidden.replace(folder / FILE)


def main() -> None:
    parser = argparse.ArgumentParser(description="Deliver the diabetes data as one Parquet file.")
    parser.add_argument("folder", type=Path)
    deliver(parser.parse_args().folder)


if __name__ == "__main__":
    main()
