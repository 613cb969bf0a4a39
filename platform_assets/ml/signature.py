"""From the contract of the data to the signature that serving checks requests against."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandera.pandas as pandera
from pandas.api import types

from serving.signature import Column, ColumnType, Signature, Task


def signature_of(
    model: str,
    task: Task,
    contract: pandera.DataFrameSchema,
    features: Sequence[str],
    *,
    classes: Sequence[str] = (),
    threshold: float = 0.5,
) -> Signature:
    """The features in order, each with the contract's type, nullability and allowed values.

    `classes` are the names of the target's values in the order of their encoding; a binary
    answer is positive from `threshold` upwards.
    """
    return Signature(
        model=model,
        task=task,
        columns=tuple(_column(name, contract.columns[name]) for name in features),
        classes=tuple(classes),
        threshold=threshold,
    )


def _column(name: str, column: pandera.Column) -> Column:
    kind = _kind(column.dtype.type)
    return Column(
        name=name,
        type=kind,
        nullable=bool(column.nullable),
        categories=_categories(column) if kind == "string" else None,
        dates=(column.metadata or {}).get("notation") == "date",
    )


def _kind(dtype: Any) -> ColumnType:
    if types.is_bool_dtype(dtype):
        return "boolean"
    if types.is_integer_dtype(dtype):
        return "integer"
    return "float" if types.is_numeric_dtype(dtype) else "string"


def _categories(column: pandera.Column) -> tuple[str, ...] | None:
    """What every check and the type allow, in the order of the first; None if nothing is listed."""
    lists = [tuple(map(str, values)) for values in _listed(column)]
    if not lists:
        return None
    return tuple(one for one in lists[0] if all(one in others for others in lists))


def _listed(column: pandera.Column) -> Iterator[Iterable[Any]]:
    for check in column.checks:
        if check.name == "isin":
            yield check.statistics["allowed_values"]
        elif check.name == "equal_to":
            yield [check.statistics["value"]]
    categories = getattr(column.dtype.type, "categories", None)
    if categories is not None:
        yield categories
