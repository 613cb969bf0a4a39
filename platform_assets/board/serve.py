"""The board as a process of its own: `python -m platform_assets.board.serve`."""

from datetime import timedelta
from functools import partial

import uvicorn
from starlette.applications import Starlette

from platform_assets.board.app import build_app
from platform_assets.board.gather import (
    ASK_SECONDS,
    Git,
    look_at_dagster,
    look_at_lake,
    look_at_mlflow,
    tracking_page,
)
from platform_assets.board.links import Links
from platform_assets.board.readings import Source, Sources
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.models import model_folders
from platform_assets.cli.stack.ports import LOOPBACK
from platform_assets.wiring import build_forge, build_lake, build_runtime
from resources.settings import Settings, load_settings

# It is a day of requests for each model, and no more than a file a minute is added to it.
LAKE_FRESH = timedelta(seconds=30)


def board_app(settings: Settings) -> Starlette:
    """The board of a stack, running or not."""
    forge = build_forge(settings)
    page, lake = tracking_page(settings), build_lake(settings)
    dagster = DagsterApi(settings.dagster_url, ASK_SECONDS)
    sources = Sources(
        {
            "git": Source(Git(forge, build_runtime(settings), model_folders)),
            "Dagster": Source(partial(look_at_dagster, dagster)),
            "MLflow": Source(partial(look_at_mlflow, page, model_folders)),
            "lake": Source(partial(look_at_lake, lake, model_folders), fresh=LAKE_FRESH),
        }
    )
    return build_app(sources, forge, Links(settings.dagster_url, page))


def serve(settings: Settings) -> None:
    """Serve the board on this machine until SIGTERM or Ctrl-C."""
    uvicorn.run(
        board_app(settings),
        host=LOOPBACK,
        port=settings.board_port,
        log_level="warning",
        server_header=False,
        # Pages ask again as long as they are open; none is worth waiting for.
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    serve(load_settings())
