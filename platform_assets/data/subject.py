"""Whose rows they are: the values of one column by which a person is known."""

import json
import re
from dataclasses import dataclass

import polars as pl

from platform_assets.data.columns import Column
from platform_assets.data.contract import Contract
from platform_assets.errors import ForgetRefused


@dataclass(frozen=True)
class Subject:
    """Everyone whose `column` is one of `ids`, as it is written or as the contract reads it."""

    column: Column
    ids: tuple[str, ...]

    def among(self, text: pl.Series) -> pl.Series:
        """Which values of the column, as text, are theirs, shape (n,)."""
        written = text.str.strip_chars().is_in(list(self.ids))
        return (written | self.typed(self._cast(text))).fill_null(False)

    def typed(self, values: pl.Series) -> pl.Series:
        """The same for values of the contract's type."""
        return values.is_in(self._cast(pl.Series(self.ids)).drop_nulls().implode()).fill_null(False)

    def named_in(self, content: bytes) -> bool:
        """Whether bytes that could not be taken apart hold one of the ids, as a word.

        JSON may write a letter that is not ASCII by its number.
        """
        written = {form for one in self.ids for form in (one, json.dumps(one)[1:-1])}
        return any(
            re.search(rb"(?<!\w)%b(?!\w)" % re.escape(one.encode()), content) for one in written
        )

    def _cast(self, text: pl.Series) -> pl.Series:
        return self.column.cast(text)


def subject(model: str, contract: Contract, name: str | None, ids: tuple[str, ...]) -> Subject:
    """The subject of a request, by the column `name`, or by the model's id without one.

    Raises
    ------
    ForgetRefused
        If that column says nothing of persons, or the model has no id.
    """
    column = next((one for one in contract.columns if one.name == (name or contract.key)), None)
    personal = [one.name for one in contract.columns if one.personal]
    if column is None or not (column.personal or (name is None)):
        got = f"--column {name}" if name else "no `id` in defs.yaml"
        tagged = ", ".join(personal) or "none; tag one: metadata={'personal': True} in contract.py"
        raise ForgetRefused(
            model, f"got {got}, expected a column that the contract tags personal: {tagged}"
        )
    return Subject(column, ids)
