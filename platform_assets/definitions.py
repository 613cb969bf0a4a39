"""The composition root: every model's folder, with the resources that reach outside."""

import dagster as dg

from platform_assets.wiring import build_resources
from resources.settings import CHECKOUT, load_settings


@dg.definitions
def defs() -> dg.Definitions:
    models = dg.load_from_defs_folder(path_within_project=CHECKOUT)
    return dg.Definitions.merge(
        models,
        dg.Definitions(resources=build_resources(load_settings()), executor=dg.in_process_executor),
    )
