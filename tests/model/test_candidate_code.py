"""Which commit a candidate is known by, and what of the program it depends on."""

import pytest

from platform_assets.identity import digest_of_files
from platform_assets.model.candidate_model import known_as
from platform_assets.model.lock import PROGRAM, program_digest
from resources.checkout import Code
from resources.settings import CHECKOUT

OLD, NEW = "a" * 40, "b" * 40


@pytest.mark.parametrize("trained", [f"{OLD}-dirty", "unknown"])
def test_the_first_commit_that_gives_a_candidate_is_what_it_is_known_by(trained):
    assert known_as(trained, Code(NEW)) == NEW


def test_a_candidate_keeps_the_commit_it_was_trained_from():
    assert known_as(OLD, Code(NEW)) == OLD


@pytest.mark.parametrize("now", [Code(NEW, ("a.py",)), Code("", problem="no repository")])
def test_code_that_is_in_no_commit_gives_a_candidate_no_name(now):
    assert known_as(f"{OLD}-dirty", now) == f"{OLD}-dirty"


def test_the_program_is_what_trains_exports_and_judges():
    folders = [CHECKOUT / "platform_assets" / name for name in PROGRAM]
    files = [file for folder in folders for file in folder.rglob("*.py")]
    assert {"training.py", "export.py", "judgement.py"} <= {file.name for file in files}
    assert program_digest() == digest_of_files(files)
    assert program_digest() != digest_of_files(files[1:])
