"""What a delivered patient must look like."""

import pandera.pandas as pa
from pandera.typing import Series


class Contract(pa.DataFrameModel):
    """One patient a row; blood values in mg/dl, blood pressure in mmHg."""

    class Config:
        coerce = True
        strict = "filter"

    patient_id: Series[str] = pa.Field(str_matches=r"^P\d{3}$", metadata={"personal": True})
    age: Series[float] = pa.Field(ge=0, le=120)
    sex: Series[str] = pa.Field(isin=["1", "2"])
    bmi: Series[float] = pa.Field(ge=10, le=80)
    blood_pressure: Series[float] = pa.Field(ge=30, le=200)
    total_cholesterol: Series[float] = pa.Field(ge=50, le=600, nullable=True)
    ldl: Series[float] = pa.Field(ge=10, le=500, nullable=True)
    hdl: Series[float] = pa.Field(ge=5, le=200, nullable=True)
    cholesterol_to_hdl: Series[float] = pa.Field(ge=1, le=30, nullable=True)
    log_triglycerides: Series[float] = pa.Field(ge=1, le=10, nullable=True)
    glucose: Series[float] = pa.Field(ge=20, le=500, nullable=True)
    progression: Series[float] = pa.Field(
        ge=0, le=1_000, description="Measure of disease progression one year after the others."
    )
