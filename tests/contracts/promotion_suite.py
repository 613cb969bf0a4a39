"""What every forge promises of promotions: opened once, merged once, and never unproven."""

import pytest

from gitops.errors import (
    DigestHeld,
    MergeConflict,
    NotApproved,
    PromotionNotOpen,
    PromotionRefused,
    StatusesNotPassed,
    UnknownPromotion,
)
from gitops.holds import hold, lift
from gitops.policy import POLICY_PATH
from tests.contracts.changes import FILE, MESSAGE, OTHER, change, opened, proposal
from tests.support.releases import POLICY, digest


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

    def test_a_digest_held_in_an_earlier_environment_is_not_merged(self, forge):
        promotion = opened(forge)
        hold(forge, "staging", "fraud", digest("a"), "smells", "ann")
        with pytest.raises(DigestHeld, match="is held in staging"):
            forge.merge(promotion.number, "ann")

    @pytest.mark.parametrize(
        ("asked", "refusal"),
        [
            ("freeze: [{weekdays: [mon, tue, wed, thu, fri, sat, sun], reason: x}]", "is frozen"),
            ("soak: {staging: 2h}", "healthy in staging for another 2 h"),
            ("approvers: {names: [bob]}", "'ann' may not approve"),
        ],
    )
    def test_what_the_policy_on_main_asks_at_that_moment_blocks_the_merge(
        self, forge, asked, refusal
    ):
        promotion = opened(forge)
        stricter = POLICY.replace("name: production\n", f"name: production\n    {asked}\n")
        forge.commit(forge.head(), {POLICY_PATH: stricter}, MESSAGE)
        with pytest.raises((PromotionRefused, NotApproved), match=refusal):
            forge.merge(promotion.number, "ann")
        assert forge.read(FILE, forge.head()) is None

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
        with pytest.raises(UnknownPromotion, match="no promotion 7"):
            forge.promotion(7)

    def test_one_promotion_is_read_by_its_number(self, forge):
        opened(forge, "a")
        newer = opened(forge, "b")
        found = {one.number: one for one in forge.promotions()}
        assert {number: forge.promotion(number) for number in found} == found
        assert forge.promotion(newer.number).status("quality").state == "success"
