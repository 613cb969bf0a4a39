"""A new model's folder from a sample of its data: `slipway new` and `dg scaffold`.

It knows neither Dagster nor MLflow, but for loading what it wrote with the real loader.
"""
