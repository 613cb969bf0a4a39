"""Whether numbers keep their unit from delivery to delivery.

A changed unit multiplies all values alike: cents for euros, metres for kilometres. So the quartiles
of a delivery all move by about the same factor, which weather, growth and chance seldom do.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from platform_assets.findings import Findings

Numbers = npt.NDArray[Any]

LEAST_VALUES = 20
"""A delivery with fewer values other than zero says nothing about a unit."""

_QUARTILES = (0.25, 0.5, 0.75)
_ALIKE = 1.5
_MOST_NAMED = 3


def units_hold(features: pd.DataFrame, delivery: npt.ArrayLike, most: float) -> Findings:
    """Block where a delivery's numbers are `most` times those before it, or as much smaller.

    `features` has one column of numbers for each feature and one row for each row of the table;
    `delivery` numbers the deliveries they came in, the earlier the lower. A delivery is compared
    with the middle of those before it; it is named if all quartiles of its sizes have moved that
    far, by factors within half of each other.
    """
    numbers = features.select_dtypes("number")
    found = [one for name in numbers for one in _moved(numbers[name], np.asarray(delivery), most)]
    facts = {"most": most, "features_compared": numbers.shape[1], "moved": len(found)}
    if not found:
        return Findings(facts=facts)
    more = f", and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    sentence = (
        f"{'; '.join(found[:_MOST_NAMED])}{more}: has a unit changed? Deliver the rows again in "
        "the old one, or raise checks.max_unit_shift if that is how they are"
    )
    return Findings(blocking=[sentence], facts=facts)


def _moved(values: pd.Series, delivery: Numbers, most: float) -> list[str]:
    """One sentence part for each delivery whose sizes have moved."""
    numbers, sizes = _sizes(values, delivery)
    parts = []
    for place in range(1, len(numbers)):
        factors = np.exp(sizes[place] - np.median(sizes[:place], axis=0))
        far = (factors >= most).all() or (factors <= 1 / most).all()
        if far and factors.max() / factors.min() <= _ALIKE:
            parts.append(
                f"{values.name} of delivery {numbers[place]} is {factors[1]:.3g} times what it "
                "was before"
            )
    return parts


def _sizes(values: pd.Series, delivery: Numbers) -> tuple[Numbers, Numbers]:
    """The deliveries with enough values, and the logarithms of the quartiles of their sizes.

    Shapes (n,) and (n, 3); zeros and gaps are left out.
    """
    size = np.abs(values.to_numpy(dtype=float, na_value=np.nan))
    known = np.isfinite(size) & (size > 0)
    table = pl.DataFrame({"delivery": delivery[known], "size": np.log(size[known])})
    quartiles = [pl.col("size").quantile(one, "linear").alias(str(one)) for one in _QUARTILES]
    found = table.group_by("delivery").agg(pl.len().alias("rows"), *quartiles).sort("delivery")
    enough = found.filter(pl.col("rows") >= LEAST_VALUES)
    return enough["delivery"].to_numpy(), enough.select(map(str, _QUARTILES)).to_numpy()
