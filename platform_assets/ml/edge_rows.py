"""Rows that a holdout rarely holds, made from the signature and the training rows.

An endpoint takes every row that the signature allows. So whatever serves a model is compared with
scikit-learn on gaps, on categories that training never saw, on numbers at and far beyond the ends
of what training saw, and on both sides of the splits of trees. Equal inputs give equal rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from platform_assets.ml.scoring import as_fitted
from platform_assets.ml.split_points import Split, split_points
from serving.signature import Column, Signature

BEYOND = "far beyond training"

_AT = "nearer to a split than 32 bits tell"
_BASES = 4
_CATEGORIES = 200
_SPLITS = 64
_STEPS = (-2, -1, 1, 2)
_UNSEEN = ("", " ", "never seen in training", "NaN", "0", "é\u0301\U0001f6a2")
_FLOAT32 = np.finfo(np.float32)
_SMALL = (0.0, -0.0, float(_FLOAT32.tiny), -float(_FLOAT32.smallest_subnormal))
_LARGE = (1e6, 1e12, 1e20, float(_FLOAT32.max))
_LARGE_WHOLE = (2.0**24 + 1, 2.0**31, 2.0**53 - 1)

Cells = Iterable[float | str | None]


@dataclass(frozen=True)
class EdgeRows:
    """`rows` are n ≥ 1 rows with the columns of the signature, as a pipeline is fitted on them.

    `split`, where it is given, are the same rows with the number at which a tree splits in the
    place of one that rounds to the same 32-bit float. What takes 32-bit floats cannot tell them
    apart, and is right if it answers as scikit-learn does for either.
    """

    kind: str
    rows: pd.DataFrame
    split: pd.DataFrame | None = None


def edge_rows(pipeline: Pipeline, signature: Signature, seen: pd.DataFrame) -> list[EdgeRows]:
    """One entry for each kind of edge that the signature has.

    Parameters
    ----------
    seen
        The training rows: n ≥ 1 rows with the columns of the signature.
    """
    known = as_fitted(seen[list(signature.names)]).reset_index(drop=True)
    bases = _bases(known)
    numbers = [column for column in signature.columns if column.type != "string"]
    texts = [column for column in signature.columns if column.type == "string"]
    splits = split_points(pipeline, known, [column.name for column in numbers], _SPLITS)
    floats = [split for split in splits if signature.by_name[split.column].type == "float"]
    kinds = {
        "nulls": _nulls(signature, bases),
        "categories": [_with(bases, one.name, _categories(one, known)) for one in texts],
        "unseen text": [_with(bases, c.name, _UNSEEN) for c in texts if c.categories is None],
        "ends of the training range": _ends(numbers, known, bases),
        BEYOND: [_with(bases, one.name, _beyond(one, known)) for one in numbers],
        "both sides of splits": _at_splits(splits, known, partial(_beside, signature)),
    }
    made = [EdgeRows(kind, _joined(rows)) for kind, rows in kinds.items() if rows]
    if floats:
        rows, split = (_at_splits(floats, known, around) for around in (_near, _exactly))
        made.append(EdgeRows(_AT, _joined(rows), _joined(split)))
    return [one for one in made if len(one.rows)]


def _joined(rows: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(rows, ignore_index=True)


def _bases(known: pd.DataFrame) -> pd.DataFrame:
    """A few rows to change one thing in, without gaps where there are such."""
    whole = known.dropna()
    among = known if whole.empty else whole
    places = np.linspace(0, len(among) - 1, min(_BASES, len(among))).round().astype(int)
    return among.iloc[places]


def _with(bases: pd.DataFrame, name: str, cells: Cells) -> pd.DataFrame:
    """Each base with each of the cells in one column."""
    wanted = list(cells)
    rows = bases.loc[np.repeat(bases.index.to_numpy(), len(wanted))].reset_index(drop=True)
    kind = object if rows[name].dtype == object else np.float64
    return rows.assign(**{name: np.array(wanted * len(bases), dtype=kind)})


def _nulls(signature: Signature, bases: pd.DataFrame) -> list[pd.DataFrame]:
    nullable = [column.name for column in signature.columns if column.nullable]
    single = [bases.assign(**{name: _missing(bases[name])}) for name in nullable]
    every = bases.assign(**{name: _missing(bases[name]) for name in nullable})
    return [*single, every] if nullable else []


def _missing(values: pd.Series) -> pd.Series:
    return pd.Series(np.nan, index=values.index, dtype=values.dtype)


def _categories(column: Column, known: pd.DataFrame) -> list[str]:
    """All that the signature allows; of free text, what training saw."""
    if column.categories is not None:
        return list(column.categories)
    return sorted(known[column.name].dropna().unique())[:_CATEGORIES]


def _ends(
    numbers: Sequence[Column], known: pd.DataFrame, bases: pd.DataFrame
) -> list[pd.DataFrame]:
    """Lowest, highest and next to nothing: in one column at a time, and in all at once."""
    rows = []
    for column in numbers:
        low, high = _range(known[column.name])
        small = _SMALL if column.type == "float" else _SMALL[:2]
        yes_no = (0.0, 1.0)
        rows.append(
            _with(bases, column.name, yes_no if column.type == "boolean" else (low, high, *small))
        )
    names = [column.name for column in numbers]
    ranges = [_range(known[name]) for name in names]
    for end in (0, 1):
        values = {name: both[end] for name, both in zip(names, ranges, strict=True)}
        rows.append(bases.assign(**values))
    return rows if numbers else []


def _range(values: pd.Series) -> tuple[float, float]:
    present = values.dropna()
    return (0.0, 0.0) if present.empty else (float(present.min()), float(present.max()))


def _beyond(column: Column, known: pd.DataFrame) -> list[float]:
    if column.type == "boolean":
        return []
    low, high = _range(known[column.name])
    width = high - low or 1.0
    near = [low - width, low - 10 * width, high + width, high + 10 * width]
    far = _LARGE if column.type == "float" else _LARGE_WHOLE
    reach = float(_FLOAT32.max)  # what is beyond is refused at the door
    return [*(min(max(one, -reach), reach) for one in near), *far, *(-one for one in far)]


def _at_splits(
    splits: Sequence[Split], known: pd.DataFrame, numbers: Callable[[Split], Sequence[float]]
) -> list[pd.DataFrame]:
    """For each split its two nearest training rows, with numbers around it in its column.

    A number that is NaN leaves what training saw.
    """
    made = []
    for name, of_one in groupby(splits, key=attrgetter("column")):
        cells = [(row, at) for one in of_one for row in one.rows for at in numbers(one)]
        rows = known.iloc[[row for row, _ in cells]].reset_index(drop=True)
        given = pd.Series([at for _, at in cells], dtype=np.float64)
        made.append(rows.assign(**{name: given.fillna(rows[name])}))
    return made


def _beside(signature: Signature, split: Split) -> list[float]:
    """What training saw, the split, and the nearest numbers on either side of it.

    Of all numbers that round to one 32-bit float, rows hold the shortest decimal.
    """
    if signature.by_name[split.column].type != "float":
        return [np.nan, float(np.floor(split.at)), float(np.ceil(split.at))]
    return [np.nan, split.at, *(float(str(_float32(split.at, steps))) for steps in _STEPS)]


def _near(split: Split) -> list[float]:
    below, above = np.nextafter(split.at, [-np.inf, np.inf]).tolist()
    return [below, above, float(_float32(split.at, 0))]


def _exactly(split: Split) -> list[float]:
    return [split.at] * len(_near(split))


def _float32(value: float, steps: int) -> np.float32:
    """The nearest 32-bit float, or the one so many steps further."""
    nearest = np.float32(value)
    for _ in range(abs(steps)):
        nearest = np.nextafter(nearest, np.float32(np.copysign(np.inf, steps)))
    return nearest
