"""Promotions without a server that knows of them: one ref and one branch each."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from gitops.admission import check_merge
from gitops.errors import (
    MergeConflict,
    PromotionNotOpen,
    StatusesNotPassed,
    UnknownPromotion,
)
from gitops.forge import Promotion, PromotionState, Proposal, Status, StatusState
from gitops.git_tree import MAIN, GitTree
from gitops.holds import now
from gitops.plumbing import RefMoved, RefUpdate
from gitops.retry import until_won
from gitops.signed import check_written, lacks_signature
from gitops.trailers import add_trailers

PROMOTIONS = "refs/slipway/promotions"
_NUMBERED = re.compile(rf"{PROMOTIONS}/\d+")


class RefPromotions(GitTree):
    """`gitops.forge.Promotions`: the promotion is a JSON blob, its change a commit on a branch."""

    def promotions(self, state: PromotionState | None = None) -> list[Promotion]:
        found = [promotion for promotion, _ in self._all(self._git.refs(PROMOTIONS))]
        return [promotion for promotion in found if state in (None, promotion.state)]

    def promotion(self, number: int) -> Promotion:
        return self._one(number, self._git.refs(_ref(number)))[0]

    def open_promotion(self, proposal: Proposal) -> Promotion:
        what = f"promotion of {proposal.model} to {proposal.environment}"
        return until_won(what, lambda: self._open(proposal), RefMoved)

    def set_status(
        self, number: int, commit: str, context: str, state: StatusState, description: str = ""
    ) -> None:
        status = Status(commit, context, state, description)

        def change(promotion: Promotion) -> Promotion:
            others = (s for s in promotion.statuses if (s.commit, s.context) != (commit, context))
            return replace(promotion, statuses=(*others, status))

        self._change(number, change)

    def merge(self, number: int, approver: str) -> str:
        return until_won(
            f"merge of promotion {number}", lambda: self._merge(number, approver), RefMoved
        )

    def close(self, number: int, reason: str) -> Promotion:
        def change(promotion: Promotion) -> Promotion:
            if promotion.state in ("closed", "superseded"):
                return promotion
            if promotion.state == "merged":
                raise PromotionNotOpen(number, promotion.state, promotion.reason)
            return replace(promotion, state="closed", reason=reason)

        return self._change(number, change)

    def _open(self, proposal: Proposal) -> Promotion:
        refs = self._git.refs("refs")
        head, known, branch = self._main(refs), self._all(refs), refs.get(_branch(proposal))
        latest = next((p for p, _ in reversed(known) if p.branch == proposal.branch), None)
        if latest and latest.state == "closed":
            return latest
        commit = self._prepare(head, proposal.changes, proposal.message)
        if latest and latest.state == "merged" and commit == head:
            return latest
        if latest and latest.state == "open":
            return self._bring_up_to_date(latest, proposal, head, commit, branch)
        return self._create(proposal, head, commit, known, branch)

    def _create(
        self,
        proposal: Proposal,
        head: str,
        commit: str,
        known: list[tuple[Promotion, str]],
        branch: str | None,
    ) -> Promotion:
        number = max((promotion.number for promotion, _ in known), default=0) + 1
        opened = datetime.now(UTC).isoformat(timespec="seconds")
        promotion = Promotion(number, **_fields(proposal), base=head, commit=commit, opened=opened)
        older = [
            RefUpdate(
                _ref(p.number),
                self._write(
                    replace(p, state="superseded", reason=f"superseded by promotion {number}")
                ),
                oid,
            )
            for p, oid in known
            if p.state == "open"
            and (p.environment, p.model) == (proposal.environment, proposal.model)
        ]
        self._git.update_refs(
            [
                RefUpdate(_ref(number), self._write(promotion), None),
                RefUpdate(_branch(proposal), commit, branch),
                *older,
            ]
        )
        return promotion

    def _bring_up_to_date(
        self,
        promotion: Promotion,
        proposal: Proposal,
        head: str,
        commit: str,
        branch: str | None,
    ) -> Promotion:
        same_files = self._same_change(promotion, proposal.changes)
        signed = not lacks_signature(self, promotion.environment, promotion.commit, head)
        if same_files and signed and self._conflict(promotion, head) is None:
            head, commit = promotion.base, promotion.commit
        changed = replace(promotion, **_fields(proposal), base=head, commit=commit)
        self._git.update_refs(
            [
                RefUpdate(_ref(promotion.number), self._write(changed), self._write(promotion)),
                RefUpdate(_branch(proposal), commit, branch),
            ]
        )
        return changed

    def _merge(self, number: int, approver: str) -> str:
        refs = self._git.refs("refs")
        promotion, oid = self._one(number, refs)
        if promotion.state == "merged":
            return promotion.merged_as
        head = self._main(refs)
        self._check_mergeable(promotion, head, approver)
        message = add_trailers(
            promotion.message, {"Promotion": str(number), "Approved-by": approver}
        )
        changes = self._changes(promotion)
        merged = self._prepare(head, changes, message)
        check_written(self, head, changes, merged)
        done = replace(promotion, state="merged", approver=approver, merged_as=merged)
        self._git.update_refs(
            [RefUpdate(MAIN, merged, head), RefUpdate(_ref(number), self._write(done), oid)]
        )
        return merged

    def _check_mergeable(self, promotion: Promotion, head: str, approver: str) -> None:
        if promotion.state != "open":
            raise PromotionNotOpen(promotion.number, promotion.state, promotion.reason)
        if missing := promotion.not_passed():
            raise StatusesNotPassed(promotion.number, promotion.commit, missing)
        check_merge(self, promotion, head, approver, now())
        if conflict := self._conflict(promotion, head):
            raise MergeConflict(promotion.number, conflict)

    def _conflict(self, promotion: Promotion, head: str) -> str | None:
        """The first file of a promotion that main changed since the promotion's base."""
        for path in self._changes(promotion):
            if self.read(path, head) != self.read(path, promotion.base):
                return path
        return None

    def _changes(self, promotion: Promotion) -> dict[str, str | None]:
        listed = self._git.run(
            "diff-tree", "-r", "-z", "--name-only", promotion.base, promotion.commit
        )
        paths = [path for path in listed.decode().split("\0") if path]
        return {path: self.read(path, promotion.commit) for path in paths}

    def _same_change(self, promotion: Promotion, changes: Mapping[str, str | None]) -> bool:
        return all(self.read(path, promotion.commit) == text for path, text in changes.items())

    def _change(self, number: int, change: Callable[[Promotion], Promotion]) -> Promotion:
        def attempt() -> Promotion:
            promotion, oid = self._one(number, self._git.refs(_ref(number)))
            changed = change(promotion)
            if changed != promotion:
                self._git.update_refs([RefUpdate(_ref(number), self._write(changed), oid)])
            return changed

        return until_won(f"change of promotion {number}", attempt, RefMoved)

    def _one(self, number: int, refs: Mapping[str, str]) -> tuple[Promotion, str]:
        oid = refs.get(_ref(number))
        text = self._git.read_blobs([oid])[0] if oid else None
        if oid is None or text is None:
            raise UnknownPromotion(number)
        return _from_json(text), oid

    def _all(self, refs: Mapping[str, str]) -> list[tuple[Promotion, str]]:
        oids = [oid for ref, oid in refs.items() if _NUMBERED.fullmatch(ref)]
        texts = self._git.read_blobs(oids) if oids else []
        found = [(_from_json(text), oid) for text, oid in zip(texts, oids, strict=True) if text]
        return sorted(found, key=lambda pair: pair[0].number)

    def _write(self, promotion: Promotion) -> str:
        return self._git.write_blob(_to_json(promotion))


def _ref(number: int) -> str:
    return f"{PROMOTIONS}/{number}"


def _branch(proposal: Proposal) -> str:
    return f"refs/heads/{proposal.branch}"


def _fields(proposal: Proposal) -> dict[str, Any]:
    names = (
        "environment",
        "model",
        "bundle_digest",
        "branch",
        "title",
        "body",
        "message",
        "required",
        "author",
    )
    return {name: getattr(proposal, name) for name in names}


def _to_json(promotion: Promotion) -> str:
    return json.dumps(asdict(promotion), sort_keys=True, indent=1) + "\n"


def _from_json(text: str) -> Promotion:
    fields = json.loads(text)
    statuses = tuple(Status(**status) for status in fields.pop("statuses"))
    return Promotion(**{**fields, "required": tuple(fields["required"]), "statuses": statuses})
