"""A release is made from a tag that says the version, with the changelog's own words."""

import os
import subprocess

import pytest
import yaml

from resources.settings import CHECKOUT

STEPS = yaml.safe_load((CHECKOUT / ".github/workflows/release.yml").read_text())["jobs"]["build"][
    "steps"
]
NOTES = next(one["run"] for one in STEPS if "notes" in one.get("name", ""))
CHANGELOG = """\
# Changelog

## [Unreleased]

- Later.

## [1.2.0] - 2026-11-30

- New.

## [1.1.0]

- Old.
"""


def taken(folder, tag: str, version: str) -> subprocess.CompletedProcess[str]:
    (folder / "pyproject.toml").write_text(f'[project]\nname = "x"\nversion = "{version}"\n')
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", NOTES],
        cwd=folder,
        env=os.environ | {"TAG": tag},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_notes_are_the_section_of_the_version_alone(tmp_path):
    assert taken(tmp_path, "v1.2.0", "1.2.0").returncode == 0
    assert (tmp_path / "notes.md").read_text().strip() == "- New."


@pytest.mark.parametrize(
    ("tag", "version", "said"),
    [
        ("v1.2.1", "1.2.0", "tag v1.2.1, but pyproject.toml has version 1.2.0, expected v1.2.0"),
        ("v1.2", "1.2", "CHANGELOG.md has no section '## [1.2]' with text"),
    ],
)
def test_a_tag_without_its_version_or_its_notes_is_refused(tmp_path, tag, version, said):
    refused = taken(tmp_path, tag, version)
    assert (refused.returncode, said in refused.stdout) == (1, True)
