"""What every forge promises of its tree: files, commits, and who comes first."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gitops.errors import (
    HeadMoved,
    PathRefused,
    UnknownRevision,
)
from tests.contracts.changes import FILE, MESSAGE, OTHER, change


class TreeContract:
    def test_a_commit_moves_the_head_and_is_seen_at_once(self, forge):
        new = forge.commit(forge.head(), {FILE: "one\n"}, MESSAGE)
        assert forge.head() == new
        assert forge.read(FILE, new) == "one\n"

    def test_a_text_is_read_byte_for_byte(self, forge):
        text = "ä\r\n\ttabs\n\nno end"
        assert forge.read(FILE, forge.commit(forge.head(), {FILE: text}, MESSAGE)) == text

    def test_a_commit_on_an_old_head_changes_nothing(self, forge):
        old = forge.head()
        new = change(forge)
        with pytest.raises(HeadMoved, match=f"main is at {new[:12]}, expected {old[:12]}"):
            forge.commit(old, {OTHER: "late\n"}, MESSAGE)
        assert (forge.head(), forge.read(OTHER, new)) == (new, None)

    def test_a_commit_of_nothing_new_returns_the_head(self, forge):
        head = change(forge)
        assert forge.commit(head, {FILE: "by hand\n"}, MESSAGE) == head

    def test_several_files_change_together_and_none_removes(self, forge):
        change(forge)
        new = forge.commit(forge.head(), {FILE: None, OTHER: "x\n"}, MESSAGE)
        assert (forge.read(FILE, new), forge.read(OTHER, new)) == (None, "x\n")

    def test_a_file_is_read_as_it_was(self, forge):
        before = forge.head()
        change(forge)
        assert forge.read(FILE, before) is None

    def test_a_folder_is_no_file(self, forge):
        assert forge.read("gitops", change(forge)) is None

    def test_an_unknown_revision_is_named(self, forge):
        for revision in ("0" * 40, "nowhere", "--help"):
            with pytest.raises(UnknownRevision, match=revision):
                forge.read(FILE, revision)

    @pytest.mark.parametrize(
        "path", ["../x", "/etc/x", "a//b", "a/../../b", ".git/hooks/x", "a/.GIT/x", "", "a\nb", "."]
    )
    def test_a_path_out_of_the_tree_is_refused(self, forge, path):
        with pytest.raises(PathRefused, match="refused"):
            forge.commit(forge.head(), {path: "x"}, MESSAGE)
        with pytest.raises(PathRefused, match="refused"):
            forge.read(path, forge.head())

    def test_paths_are_those_below_a_folder(self, forge):
        change(forge, **{OTHER: "x\n"})
        assert forge.paths("gitops/environments/staging", forge.head()) == [OTHER]
        assert forge.paths("gitops/environments/stag", forge.head()) == []

    def test_the_last_change_of_a_file_is_not_the_last_commit(self, forge):
        first = change(forge)
        head = forge.commit(forge.head(), {OTHER: "x\n"}, MESSAGE)
        assert forge.last_change(FILE, head).revision == first
        assert forge.last_change("never", head) is None

    def test_a_removal_is_a_change(self, forge):
        change(forge)
        removed = forge.commit(forge.head(), {FILE: None}, "Remove\n\nReverts: abc\n")
        last = forge.last_change(FILE, forge.head())
        assert (last.revision, last.subject, last.trailers) == (
            removed,
            "Remove",
            {"Reverts": "abc"},
        )

    def test_the_changes_of_a_file_come_newest_first_and_no_more_than_asked_for(self, forge):
        first = change(forge)
        forge.commit(forge.head(), {OTHER: "x\n"}, MESSAGE)
        second = forge.commit(forge.head(), {FILE: "two\n"}, "Again\n\nReverts: abc\n")
        third = forge.commit(forge.head(), {FILE: None}, MESSAGE)
        revisions = [one.revision for one in forge.history(FILE, third, 10)]
        assert revisions == [third, second, first]
        assert forge.history(FILE, second, 1) == [forge.last_change(FILE, second)]
        assert forge.history(FILE, second, 1)[0].trailers == {"Reverts": "abc"}
        assert forge.history("never", third, 5) == []

    def test_versions_of_a_file_and_what_comes_after_a_commit(self, forge):
        begin = forge.head()
        first = forge.commit(begin, {FILE: "one\n"}, MESSAGE)
        second = forge.commit(first, {OTHER: "x\n"}, MESSAGE)
        third = forge.commit(second, {FILE: None}, MESSAGE)
        assert forge.versions(FILE, third) == [(third, None), (first, "one\n")]
        assert forge.versions(FILE, third, first) == [(third, None)]
        assert forge.line(third)[:4] == [third, second, first, begin]
        assert forge.descendants(second, third) == {second, third}
        assert forge.descendants(third, second) == forge.descendants("0" * 40, third) == set()

    def test_one_look_sees_one_moment(self, forge):
        with forge.one_look(), ThreadPoolExecutor(1) as another:
            head = forge.head()
            new = another.submit(change, forge).result()
            assert (forge.head(), another.submit(forge.head).result()) == (head, new)
        assert forge.head() == new
