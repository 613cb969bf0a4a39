"""The command itself: help, exit codes, and how quickly it is there."""

import subprocess
import sys

import pytest

from platform_assets.cli.main import app

HEAVY = ("dagster", "deltalake", "httpx", "mlflow", "numpy", "pandas", "psutil", "pydantic", "ray")
COMMANDS = [[command.name or command.callback.__name__] for command in app.registered_commands] + [
    [str(group.name), str(command.name)]
    for group in app.registered_groups
    for command in group.typer_instance.registered_commands
]


def test_every_promised_command_exists():
    promised = (
        "up down demo status new run rollback hold reconcile doctor forget reproduce "
        "history why trace suspend resume prune board retrain drill batch"
    )
    groups = {
        "promotions": "list show approve reject",
        "quarantine": "show replay withdraw",
        "holdout": "show renew",
        "models": "list show compare",
        "keys": "new sign",
        "tokens": "add list revoke",
    }
    assert sorted(" ".join(words) for words in COMMANDS) == sorted(
        [
            *promised.split(),
            *(f"{group} {name}" for group, names in groups.items() for name in names.split()),
        ]
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(slipway, words):
    told = slipway(*words, "--help")
    assert told.code == 0
    assert f"Usage: slipway {' '.join(words)}" in told.out


def test_help_imports_nothing_heavy():
    program = (
        "import sys; import platform_assets.cli.main; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    command = (sys.executable, "-c", program)
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.stdout.strip() == "[]", told.stderr


def test_wrong_use_ends_with_2(slipway):
    assert slipway("status", "--nonsense").code == 2
    assert slipway("promotions", "show", "one").code == 2
    assert slipway("fly").code == 2


def test_what_goes_wrong_is_one_sentence_and_ends_with_1(at, slipway):
    told = slipway("promotions", "show", "7")
    assert (told.code, told.out) == (1, "")
    assert told.err == "slipway: no promotion 7; show all: slipway promotions list\n"


def test_a_setting_that_cannot_be_used_is_named(slipway, monkeypatch):
    monkeypatch.setenv("SLIPWAY_SERVE_PORT", "eighty")
    told = slipway("status")
    assert told.code == 1
    assert told.err.startswith("slipway: SLIPWAY_SERVE_PORT: ")
    assert "got 'eighty'" in told.err
