"""Damaged requests of every kind never get a 5xx; `make fuzz` sends many more."""

import asyncio

from benchmarks.fuzz import run


def test_damaged_requests_are_answered_or_refused(tmp_path, capsys):
    assert asyncio.run(run(1_000, tmp_path)) == 0, capsys.readouterr().out
