"""What commands print: lines for people, tables that a pipe does not cut, JSON for programs."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from platform_assets.cli import console
from platform_assets.cli.console import Progress, facts, out, print_json, print_table


def test_a_table_in_a_pipe_cuts_nothing(capsys):
    digest = "sha256:" + "a" * 64
    print_table("models", ("model", "digest", "since"), [("fraud", digest, None)])
    told = capsys.readouterr().out
    assert digest in told
    assert "None" not in told


def test_a_table_takes_words_as_they_are(capsys):
    """Square brackets were read as markup: a word in them was lost, a closing one an error."""
    print_table("promotions", ("title", "reason"), [("Promote [red]fraud", "no [/tmp] left")])
    told = capsys.readouterr().out
    assert "Promote [red]fraud" in told
    assert "no [/tmp] left" in told


def test_facts_are_aligned_and_empty_ones_left_out(capsys):
    facts({"model": "fraud", "promotion": "", "live since": "now", "holds": None, "errors": 0})
    assert capsys.readouterr().out.splitlines() == [
        "model       fraud",
        "live since  now",
        "errors      0",
    ]


def test_json_is_sorted_and_takes_paths(capsys):
    print_json({"b": Path("folder/x"), "a": 1})
    told = capsys.readouterr().out
    assert json.loads(told) == {"a": 1, "b": "folder/x"}
    assert told.index('"a"') < told.index('"b"')


def test_a_line_that_looks_like_markup_is_printed_as_it_is(capsys):
    out("[/not a tag]")
    with Progress() as progress:
        progress.say("[/not a tag]")
    first, second = capsys.readouterr().out.splitlines()
    assert first == "[/not a tag]"
    assert second.endswith("s  [/not a tag]")


def test_in_a_pipe_what_is_awaited_is_not_told(capsys):
    with Progress() as progress:
        progress.status("waiting for ray")
        progress.say("ray: healthy")
        progress.clear()
    told = capsys.readouterr().out
    assert told.count("\n") == 1
    assert "waiting" not in told


@pytest.fixture
def terminal(monkeypatch):
    """A terminal that keeps what it was sent."""
    screen = io.StringIO()

    def opened(**options):
        return Console(file=screen, force_terminal=True, width=60, **options)

    monkeypatch.setattr(console, "Console", opened)
    return screen


def test_at_a_terminal_what_is_awaited_is_told_until_it_is_cleared(terminal):
    with Progress() as progress:
        progress.status("waiting for [/ray]")
        progress.clear()
        shown = terminal.getvalue()
        assert "waiting for [/ray]" in shown
        progress.say("ray: healthy")
    assert "waiting for" not in terminal.getvalue()[len(shown) :]


def test_the_seconds_only_grow():
    progress = Progress()
    first, second = progress.seconds, progress.seconds
    assert 0 <= first <= second
