"""Merging pull requests on GitHub, when all that speaks against it has been asked."""

import contextlib
from typing import Any

from gitops.admission import check_merge
from gitops.errors import (
    ForgeUnavailable,
    HeadMoved,
    MergeConflict,
    MergeRefused,
    MergeTakenBack,
    PromotionError,
    PromotionNotOpen,
    PromotionRefused,
    RequestRefused,
    StatusesNotPassed,
)
from gitops.forge import Promotion
from gitops.git_tree import MAIN
from gitops.github_comment import keep_comment
from gitops.github_promotions import LOOKS, GitHubPromotions, unless_superseded
from gitops.holds import now
from gitops.markdown import escape
from gitops.plumbing import RefMoved
from gitops.retry import until_won
from gitops.trailers import add_trailers, compose


class GitHubMerges(GitHubPromotions):
    """`gitops.forge.Promotions.merge`; GitHub decides last, and what it overlooks is taken back."""

    def merge(self, number: int, approver: str) -> str:
        what = f"merge of promotion {number}"
        return until_won(what, lambda: self._merge(number, approver), RefMoved)

    def _merge(self, number: int, approver: str) -> str:
        promotion = self._one(number)
        if promotion.state == "merged":
            return promotion.merged_as
        head = self.head()
        self._check(promotion, head, approver)
        self._await_mergeable(promotion)
        merged = self._send_merge(promotion, approver)
        self._git.refs(MAIN)
        self._take_back_if_overtaken(promotion, merged, approver)
        said = f"Merged as {merged}, approved by {escape(approver)}."
        with contextlib.suppress(ForgeUnavailable):
            keep_comment(self._client, number, said)
        return merged

    def _check(self, promotion: Promotion, head: str, approver: str) -> None:
        number = promotion.number
        if promotion.state == "open":
            rivals = self._rivals(promotion)
            promotion = unless_superseded(promotion, [one["number"] for one in rivals])
        if promotion.state != "open":
            raise PromotionNotOpen(number, promotion.state, promotion.reason)
        if missing := promotion.not_passed():
            raise StatusesNotPassed(number, promotion.commit, missing)
        self._check_main(promotion, head, approver)

    def _check_main(self, promotion: Promotion, head: str, approver: str) -> None:
        check_merge(self, promotion, head, approver, now())
        if conflict := self._conflict(promotion, head):
            raise MergeConflict(promotion.number, conflict)

    def _await_mergeable(self, promotion: Promotion) -> None:
        """Wait until GitHub has worked out whether it can be merged, a bounded time."""
        for attempt in range(LOOKS):
            pull = self._pull(promotion.number)
            if pull.get("mergeable") is not None or pull["state"] != "open":
                break
            self._client.manners.rest(min(attempt, 3))
        else:
            why = "GitHub does not say whether it can be merged; approve it again later"
            raise MergeRefused(promotion.number, why)
        if pull.get("mergeable") is False:
            raise MergeConflict(promotion.number, ", ".join(self._changed(promotion)))

    def _send_merge(self, promotion: Promotion, approver: str) -> str:
        number = promotion.number
        trailers = {"Promotion": str(number), "Approved-by": approver}
        title, _, message = add_trailers(promotion.message, trailers).strip().partition("\n")
        body = {
            "sha": promotion.commit,
            "merge_method": "squash",
            "commit_title": title,
            "commit_message": message.strip(),
        }
        try:
            made = self._client.once(
                lambda: self._client.send("PUT", f"/pulls/{number}/merge", body, again=False),
                lambda: self._merged(number),
            )
        except RequestRefused as refused:
            if found := self._merged(number):
                return str(found["sha"])
            if refused.status == 409:
                raise RefMoved(promotion.branch) from None
            raise MergeRefused(number, refused.reason) from None
        return str(made["sha"])

    def _merged(self, number: int) -> dict[str, Any] | None:
        pull = self._pull(number)
        return {"sha": pull["merge_commit_sha"]} if pull.get("merged_at") else None

    def _take_back_if_overtaken(self, promotion: Promotion, merged: str, approver: str) -> None:
        """GitHub merges onto whatever main is by then, so that main is checked once more."""
        parent = self._git.text("rev-parse", f"{merged}^1")
        try:
            self._check_main(promotion, parent, approver)
        except (PromotionRefused, PromotionError) as error:
            before = {path: self.read(path, parent) for path in self._changed(promotion)}
            revision = self._take_back(promotion, merged, before, str(error))
            raise MergeTakenBack(promotion.number, str(error), revision) from error

    def _take_back(
        self, promotion: Promotion, merged: str, before: dict[str, str | None], why: str
    ) -> str:
        trailers = {"Model": promotion.model, "Environment": promotion.environment}
        subject = f"Take back the merge of promotion {promotion.number}"
        message = compose(subject, f"{merged} was merged when main had changed: {why}", trailers)
        return until_won(subject, lambda: self.commit(self.head(), before, message), HeadMoved)
