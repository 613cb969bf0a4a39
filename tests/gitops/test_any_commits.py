"""The repository remembers every commit as a mapping would, whatever is written in which order."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.local_forge import LocalForge
from tests.support.releases import SEED

PATHS = st.sampled_from(
    ["gitops/a.yaml", "gitops/b.yaml", "gitops/deep/er/a.yaml", "note", "name with spaces", "ä:*?"]
)
TEXTS = st.none() | st.text(max_size=30)
CHANGES = st.lists(st.dictionaries(PATHS, TEXTS, min_size=1, max_size=3), min_size=1, max_size=4)


@settings(max_examples=8)
@given(CHANGES)
def test_every_revision_keeps_the_files_it_had(commits):
    with tempfile.TemporaryDirectory() as folder:
        forge = LocalForge.create(Path(folder) / "gitops.git", SEED)
        seen = {forge.head(): dict(SEED)}
        for changes in commits:
            files = {**seen[forge.head()], **changes}
            kept = {path: text for path, text in files.items() if text is not None}
            seen[forge.commit(forge.head(), changes, "Change\n")] = kept
        for revision, files in seen.items():
            assert {path: forge.read(path, revision) for path in files} == files
            below = sorted(path for path in files if path.startswith("gitops/"))
            assert sorted(forge.paths("gitops", revision)) == below


@settings(max_examples=8)
@given(CHANGES)
def test_the_last_change_of_a_file_is_the_commit_that_made_it_so(commits):
    with tempfile.TemporaryDirectory() as folder:
        forge = LocalForge.create(Path(folder) / "gitops.git", SEED)
        expected: dict[str, str] = {}
        for changes in commits:
            before = forge.head()
            head = forge.commit(before, changes, "Change\n")
            changed = (p for p in changes if forge.read(p, before) != forge.read(p, head))
            expected |= dict.fromkeys(changed, head)
        found = {path: forge.last_change(path, forge.head()) for path in expected}
        assert {path: one.revision for path, one in found.items()} == expected
