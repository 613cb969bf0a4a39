"""The board as HTML: everything that is shown is escaped, nothing is taken from elsewhere."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from platform_assets.board.papers import Paper
from platform_assets.board.spark import HEIGHT, WIDTH
from platform_assets.board.view import Board

FOLDER = Path(__file__).parent / "page"
STYLE = (FOLDER / "style.css").read_text()
SCRIPT = (FOLDER / "board.js").read_text()


def render_board(board: Board) -> str:
    """The page of all models."""
    return _pages().get_template("board.html.j2").render(board=board, width=WIDTH, height=HEIGHT)


def render_paper(paper: Paper) -> str:
    """The page of what stands in git."""
    return _pages().get_template("paper.html.j2").render(paper=paper)


@cache
def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
