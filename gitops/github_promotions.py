"""Promotions as pull requests on GitHub."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from gitops import github_pulls as pulls
from gitops.errors import ForgeUnavailable, PromotionNotOpen, RequestRefused, UnknownPromotion
from gitops.forge import Promotion, PromotionState, Proposal, Status, StatusState
from gitops.github_branches import GitHubBranches
from gitops.github_client import GitHubClient
from gitops.github_comment import keep_comment
from gitops.github_pulls import Ending, Pull, Told
from gitops.markdown import escape
from gitops.plumbing import RefMoved
from gitops.remote_git import RemoteGit
from gitops.retry import until_won
from gitops.trailers import read_trailers

LOOKS = 8
FEW_BRANCHES = 5


class GitHubPromotions(GitHubBranches):
    """`gitops.forge.Promotions` but for merging; each step is safe to repeat."""

    def __init__(self, git: RemoteGit, client: GitHubClient) -> None:
        super().__init__(git, client)
        self._ended: dict[tuple[int, str], Promotion] = {}

    def promotions(self, state: PromotionState | None = None) -> list[Promotion]:
        wanted = {None: "all", "open": "open"}.get(state, "closed")
        found = [self._promotion(pull) for pull in self._pulls(wanted)]
        known = sorted((one for one in found if one), key=lambda one: one.number)
        opened: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for one in known:
            if one.state == "open":
                opened[one.environment, one.model].append(one.number)
        told = [unless_superseded(one, opened[one.environment, one.model]) for one in known]
        return [one for one in told if state in (None, one.state)]

    def promotion(self, number: int) -> Promotion:
        return self._one(number)

    def open_promotion(self, proposal: Proposal) -> Promotion:
        what = f"promotion of {proposal.model} to {proposal.environment}"
        return until_won(what, lambda: self._open(proposal), RefMoved)

    def set_status(
        self, number: int, commit: str, context: str, state: StatusState, description: str = ""
    ) -> None:
        self._pull(number)
        short = description[: pulls.LONGEST_DESCRIPTION]
        body = {"state": state, "context": context, "description": short}
        self._client.send("POST", f"/statuses/{commit}", body, again=True)

    def close(self, number: int, reason: str) -> Promotion:
        promotion = self._one(number)
        if promotion.state == "merged":
            raise PromotionNotOpen(number, promotion.state, promotion.reason)
        if promotion.state != "open":
            return promotion
        self._end(self._pull(number), Ending("closed", reason))
        return self._one(number)

    def _open(self, proposal: Proposal) -> Promotion:
        with self.one_look():
            head, tip = self.head(), self.tip(proposal.branch)
        latest = self._latest(proposal.branch)
        if latest and latest.state == "closed":
            return latest
        same = self._holds(head, proposal.changes)
        if latest and latest.state == "merged" and same:
            return latest
        present = latest if latest and latest.state == "open" else None
        commit = self._commit_for(proposal, head, tip, present)
        pull = self._pull_for(proposal, commit, present)
        self._supersede(proposal, pull["number"])
        return self._one(pull["number"])

    def _commit_for(
        self, proposal: Proposal, head: str, tip: str | None, present: Promotion | None
    ) -> str:
        """The head of the promotion's branch, made anew only if it must be."""
        message = pulls.commit_message(proposal)
        if present and present.message == message.strip() + "\n":
            fresh = self._conflict(present, head) is None
            if fresh and self._holds(present.commit, proposal.changes):
                return present.commit
        return self.put_branch(proposal.branch, tip, head, proposal.changes, message)

    def _pull_for(self, proposal: Proposal, commit: str, present: Promotion | None) -> Pull:
        """The open pull request of the branch as the proposal wants it."""
        wanted = {
            "title": proposal.title[: pulls.LONGEST_TITLE],
            "body": pulls.body_of(proposal),
        }
        pull = self._pull(present.number) if present else self._opened(proposal, wanted)
        number = pull["number"]
        if any(pull[key] != text for key, text in wanted.items()):
            self._client.send("PATCH", f"/pulls/{number}", wanted, again=True)
        missing = {one["name"] for one in pull["labels"]} ^ set(pulls.labels_of(proposal))
        if missing & set(pulls.labels_of(proposal)):
            labels = {"labels": pulls.labels_of(proposal)}
            self._client.send("POST", f"/issues/{number}/labels", labels, again=True)
        keep_comment(self._client, number, _how_to(number, commit, proposal.required))
        return pull

    def _opened(self, proposal: Proposal, wanted: dict[str, str]) -> Pull:
        """Open a pull request, or find the one that is open already.

        One whose answer was lost is refused the second time; a list may show it late.
        """
        body = {**wanted, "head": proposal.branch, "base": "main"}
        try:
            made: Pull = self._client.send("POST", "/pulls", body, again=True)
        except RequestRefused as refused:
            if "already exists" not in refused.reason:
                raise
        else:
            return made
        for attempt in range(LOOKS):
            found = list(self._of_branch(proposal.branch, "open"))
            if found:
                return found[0]
            self._client.manners.rest(min(attempt, 3))
        why = f"the open pull request of {proposal.branch!r} is not listed yet"
        raise ForgeUnavailable(self._git.place, why)

    def _supersede(self, proposal: Proposal, number: int) -> None:
        for pull in self._rivals(proposal):
            if pull["number"] < number:
                self._end(pull, Ending("superseded", f"superseded by promotion {number}"))

    def _rivals(self, of: Proposal | Promotion) -> list[Pull]:
        """Open pull requests of the same environment and model, from other branches.

        Each has a branch that git shows. Of a few branches each is asked for, so that what it
        costs does not grow with all that is open; of many, all that is open is fewer questions.
        """
        branches = [one for one in self.branches(of.environment, of.model) if one != of.branch]
        if len(branches) > FEW_BRANCHES:
            found = [one for one in self._pulls("open") if one["head"]["ref"] in branches]
        else:
            found = [pull for one in branches for pull in self._of_branch(one, "open")]
        return [one for one in found if self._told(one)]

    def _end(self, pull: Pull, ending: Ending) -> None:
        number = pull["number"]
        body = {"state": "closed", "body": pulls.closed_body(pull.get("body") or "", ending)}
        self._client.send("PATCH", f"/pulls/{number}", body, again=True)
        keep_comment(self._client, number, f"Closed: {escape(ending.reason)}")

    def _pulls(self, state: str) -> list[Pull]:
        found = self._client.pages("/pulls", state=state, base="main")
        return [one for one in found if pulls.is_ours(one, self._client.repository.full_name)]

    def _of_branch(self, branch: str, state: str = "all") -> Iterator[Pull]:
        owner, full_name = self._client.repository.owner, self._client.repository.full_name
        found = self._client.pages("/pulls", state=state, head=f"{owner}:{branch}", base="main")
        yield from (one for one in found if pulls.is_ours(one, full_name))

    def _latest(self, branch: str) -> Promotion | None:
        numbers = [one["number"] for one in self._of_branch(branch)]
        return self._one(max(numbers)) if numbers else None

    def _pull(self, number: int) -> Pull:
        try:
            pull: Pull = self._client.get(f"/pulls/{number}")
        except RequestRefused as refused:
            if refused.status == 404:
                raise UnknownPromotion(number) from None
            raise
        if not pulls.is_ours(pull, self._client.repository.full_name):
            raise UnknownPromotion(number)
        return pull

    def _one(self, number: int) -> Promotion:
        found = self._promotion(self._pull(number))
        if found is None:
            raise UnknownPromotion(number)
        return found

    def _promotion(self, pull: Pull) -> Promotion | None:
        """The promotion of a pull request; None if its commits do not tell of one.

        What has ended is read once for each time it was changed.
        """
        key = (pull["number"], pull["updated_at"])
        if pull["state"] == "closed" and key in self._ended:
            return self._ended[key]
        found = self._read(pull)
        if found and pull["state"] == "closed":
            self._ended[key] = found
        return found

    def _read(self, pull: Pull) -> Promotion | None:
        told = self._told(pull)
        if told is None:
            return None
        commit = pull["head"]["sha"]
        found = pulls.promotion(pull, told, self._base(commit), self._statuses(commit))
        if found.state == "merged":
            return replace(found, approver=self._approver(pull))
        reviews = self._reviews(pull) if found.state == "open" else ()
        return replace(found, statuses=(*found.statuses, *pulls.approvals(commit, reviews)))

    def _approver(self, pull: Pull) -> str:
        self._mirror.bring([pull["merge_commit_sha"]])
        message = self._git.text("show", "--no-patch", "--format=%B", pull["merge_commit_sha"])
        trailers = read_trailers(message)
        if "Approved-by" in trailers:
            return pulls.approver_of(pull, trailers, ())
        return pulls.approver_of(self._pull(pull["number"]), trailers, self._reviews(pull))

    def _reviews(self, pull: Pull) -> list[Pull]:
        return list(self._client.pages(f"/pulls/{pull['number']}/reviews"))

    def _statuses(self, commit: str) -> list[Status]:
        path = f"/commits/{commit}/status"
        found: list[Any] = []
        for page in range(1, 100):
            answer = self._client.get(path, per_page=100, page=page)
            found += answer["statuses"]
            if len(found) >= answer["total_count"] or not answer["statuses"]:
                break
        return pulls.statuses(commit, found)

    def _told(self, pull: Pull) -> Told | None:
        return self.told(pull["head"]["sha"], pull["head"]["ref"])


def unless_superseded(promotion: Promotion, opened: Iterable[int]) -> Promotion:
    """An open promotion that a newer one has overtaken is superseded, also before it is closed.

    `opened` are the numbers of all open ones of its environment and model.
    """
    newest = max(opened, default=0)
    if promotion.state != "open" or newest <= promotion.number:
        return promotion
    return replace(promotion, state="superseded", reason=f"superseded by promotion {newest}")


def _how_to(number: int, commit: str, required: tuple[str, ...]) -> str:
    names = ", ".join(escape(name) for name in required) or "none"
    return (
        f"Waits for approval: merge this pull request, or `slipway promotions approve {number}`. "
        f"To refuse it: close it, or `slipway promotions reject {number}`.\n\n"
        f"Required statuses on {commit}: {names}."
    )
