"""Columns as questions that a tree can ask, and the way to a leaf in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]

_MOST_WORDS = 12
_HIGHEST_VARIETY = 50


@dataclass(frozen=True)
class Question:
    """One column of numbers for a tree; `value` is set if it asks whether the column is that.

    `whole` says that the numbers are integers.
    """

    column: str
    answers: Array
    value: str | None = None
    whole: bool = False


def questions(frame: pd.DataFrame) -> list[Question]:
    """Numbers as they are, gaps as a question of their own, one question for each common word.

    Columns that hold times, or more than 50 different words, are left out.
    """
    return [one for name in frame for one in _questions(str(name), frame[name])]


def path_words(tree: Any, leaf: int, asked: Sequence[Question]) -> str:
    """The way to a leaf of a fitted tree: `amount > 250 and entry_mode is online`."""
    above: dict[int, float] = {}
    below: dict[int, float] = {}
    for question, threshold, left in _path(tree, leaf):
        if left:
            below[question] = min(below.get(question, np.inf), threshold)
        else:
            above[question] = max(above.get(question, -np.inf), threshold)
    places = sorted({*above, *below}, key=lambda place: asked[place].column)
    certain = {asked[place].column for place in above if asked[place].value}
    said = [
        _words(asked[place], above.get(place), below.get(place))
        for place in places
        if place in above or asked[place].value is None or asked[place].column not in certain
    ]
    return " and ".join(said) or "all rows"


def _questions(name: str, column: pd.Series) -> Iterator[Question]:
    missing = column.isna().to_numpy()
    if 0 < missing.sum() < len(column):
        yield Question(name, missing.astype(float), "missing")
    if pd.api.types.is_bool_dtype(column):
        yield Question(name, column.to_numpy(float), "true")
    elif pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(float, na_value=np.nan)
        middle = float(np.nanmedian(numbers)) if not missing.all() else 0.0
        whole = pd.api.types.is_integer_dtype(column)
        yield Question(name, np.where(missing, middle, numbers), whole=whole)
    elif not pd.api.types.is_datetime64_any_dtype(column):
        yield from _word_questions(name, column)


def _word_questions(name: str, column: pd.Series) -> Iterator[Question]:
    counted = column.dropna().astype(str).value_counts()
    if len(counted) > _HIGHEST_VARIETY:
        return
    common = sorted(counted.index, key=lambda word: (-counted[word], word))[:_MOST_WORDS]
    text = column.astype(str)
    for word in common:
        yield Question(name, (text == word).to_numpy(float), str(word))


def _path(tree: Any, leaf: int) -> Iterator[tuple[int, float, bool]]:
    """Question, threshold and whether it went left, from the leaf up to the root."""
    parents = {
        int(child): (node, left)
        for children, left in ((tree.children_left, True), (tree.children_right, False))
        for node, child in enumerate(children)
        if child >= 0
    }
    while leaf in parents:
        leaf, left = parents[leaf]
        yield int(tree.feature[leaf]), float(tree.threshold[leaf]), left


def _words(one: Question, above: float | None, below: float | None) -> str:
    if one.value is not None:
        return f"{one.column} is {'' if above is not None else 'not '}{one.value}"
    low = None if above is None else _bound(one, above)
    high = None if below is None else _bound(one, below)
    if low is None:
        return f"{one.column} ≤ {high}"
    return f"{one.column} > {low}" if high is None else f"{low} < {one.column} ≤ {high}"


def _bound(one: Question, threshold: float) -> str:
    return str(floor(threshold)) if one.whole else f"{threshold:.4g}"
