"""What a delivered card payment must look like."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from platform_assets.defs.fraud.world import CATEGORIES, MODES


class Contract(pa.DataFrameModel):
    """One payment a row. The counts and means are the processor's, over the time before it."""

    class Config:
        coerce = True
        strict = "filter"

    transaction_id: Series[str] = pa.Field(str_matches=r"^\d{4}-\d{2}-\d{2}-\d{5}$")
    time: Series[pd.Timestamp] = pa.Field(ge=pd.Timestamp("2020-01-01"))
    customer_id: Series[str] = pa.Field(metadata={"personal": True})
    terminal_id: Series[str]
    amount: Series[float] = pa.Field(gt=0, le=100_000)
    merchant_category: Series[str] = pa.Field(isin=list(CATEGORIES))
    entry_mode: Series[str] = pa.Field(isin=list(MODES))
    new_device: Series[bool]
    hour: Series[int] = pa.Field(ge=0, le=23)
    account_age_days: Series[int] = pa.Field(ge=0, le=36_525)
    distance_from_home_km: Series[float] = pa.Field(ge=0, le=20_040, nullable=True)
    customer_count_1h: Series[int] = pa.Field(ge=0)
    customer_count_24h: Series[int] = pa.Field(ge=0)
    customer_mean_amount_30d: Series[float] = pa.Field(ge=0, nullable=True)
    amount_to_mean_30d: Series[float] = pa.Field(ge=0, nullable=True)
    minutes_since_last: Series[float] = pa.Field(ge=0, nullable=True)
    terminal_count_24h: Series[int] = pa.Field(ge=0)
    terminal_fraud_share_30d: Series[float] = pa.Field(ge=0, le=1)
    is_fraud: Series[bool]
