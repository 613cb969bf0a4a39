"""`slipway board`: every model on one page, also where nothing else runs."""

from platform_assets.board.serve import serve
from platform_assets.cli.console import out
from platform_assets.cli.stack import control
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.ports import require_free
from resources.settings import load_settings


def board() -> None:
    """Say where the stack's board is; without a stack serve one until Ctrl-C.

    Raises
    ------
    PortTaken
        If another program listens where the board should.
    """
    settings = load_settings()
    out(f"board      {settings.board_url}")
    if control.running(Layout(settings)) is not None:
        return
    require_free({"SLIPWAY_BOARD_PORT": settings.board_port}, set())
    out("Ctrl-C stops it.")
    serve(settings)
