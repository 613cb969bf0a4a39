"""What every forge promises, whatever is behind it.

A class per adapter inherits `ForgeContract` and gives the fixture `forge`: a fresh repository
whose main holds `SEED`.
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gitops.conditions import Reason, Settled, Verdict
from gitops.errors import (
    DigestHeld,
    HeadMoved,
    MergeConflict,
    PathRefused,
    PromotionNotOpen,
    RecordMoved,
    StatusesNotPassed,
    UnknownPromotion,
    UnknownRevision,
)
from gitops.forge import Forge, Proposal
from gitops.holds import hold, lift
from gitops.record import DeploymentRecord
from tests.support.releases import digest

FILE = "gitops/environments/production/fraud.yaml"
OTHER = "gitops/environments/staging/fraud.yaml"
MESSAGE = "Change a file\n\nModel: fraud\n"


def proposal(letter: str = "a", **fields) -> Proposal:
    changes: Mapping[str, str | None] = {FILE: f"bundle {letter}\n", "gitops/evidence.json": "{}\n"}
    return replace(
        Proposal(
            environment="production",
            model="fraud",
            bundle_digest=digest(letter),
            title=f"Promote {letter}",
            body="| gate |\n",
            message=f"Promote {letter}\n\nModel: fraud\nBundle-Digest: {digest(letter)}\n",
            changes=changes,
            required=("quality",),
        ),
        **fields,
    )


def opened(forge: Forge, letter: str = "a", **fields):
    """A promotion whose gates have passed."""
    promotion = forge.open_promotion(proposal(letter, **fields))
    forge.set_status(promotion.number, promotion.commit, "quality", "success")
    return promotion


def change(forge: Forge, **files) -> str:
    return forge.commit(forge.head(), {FILE: "by hand\n"} | files, MESSAGE)


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


class PromotionContract:
    def test_the_same_change_twice_is_one_promotion(self, forge):
        first = forge.open_promotion(proposal())
        assert forge.open_promotion(proposal()) == first
        assert forge.promotions() == [first]
        assert first.branch == f"promote/production/fraud-{'a' * 12}"

    def test_opening_changes_nothing_on_main(self, forge):
        head = forge.head()
        promotion = forge.open_promotion(proposal())
        assert forge.head() == head
        assert forge.read(FILE, promotion.commit) == "bundle a\n"

    def test_a_newer_promotion_supersedes_the_older(self, forge):
        old, new = opened(forge, "a"), opened(forge, "b")
        states = {p.number: (p.state, p.reason) for p in forge.promotions()}
        assert states[old.number] == ("superseded", f"superseded by promotion {new.number}")
        assert [p.number for p in forge.promotions("open")] == [new.number]

    def test_promotions_of_other_models_and_environments_stay_open(self, forge):
        opened(forge)
        opened(forge, model="diabetes")
        opened(forge, environment="staging")
        assert [p.number for p in forge.promotions("open")] == [1, 2, 3]

    def test_a_new_text_of_the_same_digest_updates_the_promotion(self, forge):
        first = opened(forge)
        again = forge.open_promotion(proposal(changes={FILE: "bundle a, two replicas\n"}))
        assert (again.number, again.state) == (first.number, "open")
        assert again.commit != first.commit
        with pytest.raises(StatusesNotPassed, match="quality is missing"):
            forge.merge(again.number, "ann")

    def test_a_merge_commits_the_change_with_its_trailers(self, forge):
        change(forge, **{FILE: "old\n"})
        promotion = opened(forge)
        merged = forge.merge(promotion.number, "ann")
        commit = forge.last_change(FILE, forge.head())
        assert (forge.head(), commit.revision) == (merged, merged)
        assert forge.read(FILE, merged) == "bundle a\n"
        assert commit.trailers["Bundle-Digest"] == digest("a")
        assert commit.trailers["Approved-by"] == "ann"

    def test_merging_twice_is_merging_once(self, forge):
        promotion = opened(forge)
        merged = forge.merge(promotion.number, "ann")
        assert forge.merge(promotion.number, "bob") == merged == forge.head()
        found = forge.promotions("merged")[0]
        assert (found.approver, found.merged_as) == ("ann", merged)

    def test_a_merged_promotion_is_found_again_while_main_holds_its_change(self, forge):
        promotion = opened(forge)
        forge.merge(promotion.number, "ann")
        assert forge.open_promotion(proposal()).state == "merged"
        change(forge)
        assert forge.open_promotion(proposal()).number == promotion.number + 1

    @pytest.mark.parametrize("state", ["pending", "failure", "error"])
    def test_a_status_that_is_no_success_blocks_the_merge(self, forge, state):
        promotion = opened(forge)
        forge.set_status(promotion.number, promotion.commit, "quality", state, "no")
        with pytest.raises(StatusesNotPassed, match=f"quality is {state}, expected success"):
            forge.merge(promotion.number, "ann")
        assert forge.read(FILE, forge.head()) is None

    def test_a_missing_status_blocks_the_merge(self, forge):
        promotion = opened(forge, required=("quality", "latency"))
        with pytest.raises(StatusesNotPassed, match="latency is missing"):
            forge.merge(promotion.number, "ann")

    def test_a_status_of_another_commit_does_not_count(self, forge):
        promotion = forge.open_promotion(proposal())
        forge.set_status(promotion.number, forge.head(), "quality", "success")
        with pytest.raises(StatusesNotPassed, match="quality is missing"):
            forge.merge(promotion.number, "ann")

    def test_a_held_digest_is_not_merged(self, forge):
        promotion = opened(forge)
        hold(forge, "production", "fraud", digest("a"), "p99 too high", "ann")
        with pytest.raises(DigestHeld, match="p99 too high"):
            forge.merge(promotion.number, "ann")
        lift(forge, "production", "fraud", digest("a"), "ann")
        assert forge.merge(promotion.number, "ann") == forge.head()

    def test_a_change_of_the_same_file_on_main_is_a_conflict(self, forge):
        promotion = opened(forge)
        change(forge)
        with pytest.raises(MergeConflict, match=FILE):
            forge.merge(promotion.number, "ann")
        assert forge.read(FILE, forge.head()) == "by hand\n"

    def test_proposing_again_after_a_conflict_starts_from_the_new_main(self, forge):
        first = opened(forge)
        change(forge)
        assert opened(forge).number == first.number
        forge.merge(first.number, "ann")
        assert forge.read(FILE, forge.head()) == "bundle a\n"

    def test_a_change_of_another_file_on_main_is_no_conflict(self, forge):
        promotion = opened(forge)
        forge.commit(forge.head(), {OTHER: "x\n"}, MESSAGE)
        merged = forge.merge(promotion.number, "ann")
        assert (forge.read(FILE, merged), forge.read(OTHER, merged)) == ("bundle a\n", "x\n")

    def test_a_closed_promotion_is_not_merged_and_says_why(self, forge):
        promotion = opened(forge)
        forge.close(promotion.number, "not this one")
        with pytest.raises(PromotionNotOpen, match=r"closed \(not this one\)"):
            forge.merge(promotion.number, "ann")

    def test_closing_twice_keeps_the_first_reason(self, forge):
        promotion = opened(forge)
        forge.close(promotion.number, "first")
        assert forge.close(promotion.number, "second").reason == "first"

    def test_a_closed_digest_is_not_proposed_again(self, forge):
        promotion = opened(forge)
        forge.close(promotion.number, "rejected")
        again = forge.open_promotion(proposal(changes={FILE: "the same bundle\n"}))
        assert (again.number, again.state) == (promotion.number, "closed")

    def test_a_merged_promotion_cannot_be_closed(self, forge):
        promotion = opened(forge)
        forge.merge(promotion.number, "ann")
        with pytest.raises(PromotionNotOpen, match="is merged"):
            forge.close(promotion.number, "too late")

    def test_a_superseded_digest_can_come_back(self, forge):
        first = opened(forge, "a")
        opened(forge, "b")
        again = opened(forge, "a")
        assert again.number > first.number
        assert [p.bundle_digest for p in forge.promotions("open")] == [digest("a")]

    def test_an_unknown_number_is_named(self, forge):
        with pytest.raises(UnknownPromotion, match="no promotion 7"):
            forge.merge(7, "ann")


class RecordContract:
    def test_a_record_is_read_as_it_was_written(self, forge):
        head = forge.head()
        record = DeploymentRecord(
            "production",
            "fraud",
            attempted=head,
            verdicts=(Verdict("latency", False, "p99", 412.0, 200.0, "ms", "slow"),),
            outcome=Settled(Reason.HEALTHY, "fine"),
        ).with_proof(head, digest("a"), "3", "2026-01-01T00:00:00+00:00", ())
        forge.write_record(record, None)
        assert forge.read_record("production", "fraud") == record
        assert forge.records() == [record]

    def test_before_the_first_attempt_there_is_no_record(self, forge):
        assert forge.read_record("production", "fraud") is None
        assert forge.records() == []

    def test_a_record_that_another_wrote_is_not_overwritten(self, forge):
        first = DeploymentRecord("production", "fraud", attempted=forge.head())
        forge.write_record(first, None)
        with pytest.raises(RecordMoved, match="fraud in production"):
            forge.write_record(replace(first, version="2"), None)
        with pytest.raises(RecordMoved, match="fraud in production"):
            forge.write_record(replace(first, version="2"), replace(first, version="1"))
        assert forge.read_record("production", "fraud") == first

    def test_a_record_follows_the_one_it_was_read_from(self, forge):
        first = DeploymentRecord("production", "fraud", attempted=forge.head())
        forge.write_record(first, None)
        second = replace(first, healthy=change(forge))
        forge.write_record(second, first)
        assert forge.read_record("production", "fraud") == second

    def test_a_name_that_is_none_is_refused(self, forge):
        with pytest.raises(PathRefused, match="refused"):
            forge.write_record(DeploymentRecord("production", "../main"), None)


class ForgeContract(TreeContract, PromotionContract, RecordContract):
    """The whole contract."""
