"""Whether the libraries at hand are those that a lock names."""

import pytest

from platform_assets.reproduction.lockfile import differences
from resources.settings import CHECKOUT

LOCK = """# made by a tool == 1.0
numpy==2.4.1 \\
    --hash=sha256:aa
    # via pandas
psycopg[binary]==3.3.1
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:bb
"""
HERE = {"numpy": "2.4.1", "psycopg": "3.3.1"}


def test_the_locked_libraries_are_enough():
    assert differences(LOCK, HERE.get) == []


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"numpy": "2.5.0"}, "numpy is 2.5.0, locked 2.4.1"),
        ({"psycopg": None}, "psycopg is missing, locked 3.3.1"),
    ],
)
def test_another_or_a_missing_library_is_named(there, said):
    assert differences(LOCK, {**HERE, **there}.get) == [said]


def test_the_environment_of_these_tests_is_the_locked_one():
    assert differences((CHECKOUT / "requirements.lock").read_text()) == []
