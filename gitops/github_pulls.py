"""A pull request as the promotion that it is: what is written into it, and read out of it.

Environment, model, digest and required statuses stand in the message of its commit, which nobody
can edit. Why it was closed stands in a hidden line at the end of its body, in the request that
closes it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gitops.admission import APPROVAL
from gitops.forge import Promotion, PromotionState, Proposal, Status
from gitops.markdown import escape
from gitops.trailers import add_trailers, read_trailers

LONGEST_BODY, LONGEST_TITLE, LONGEST_DESCRIPTION = 65_536, 256, 140
MARK = "<!-- slipway: "
_END = re.compile(r"\n*<!-- slipway: (\{.*\}) -->\s*$", re.DOTALL)
_REQUIRES = "Requires"
_BRANCH = re.compile(r"promote/[^/]+/[^/]+-[0-9a-f]{12}")
_STATES: Mapping[str, PromotionState] = {"superseded": "superseded", "closed": "closed"}
_ROOM = 1_500

Pull = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What the message of a promotion's commit says."""

    environment: str
    model: str
    bundle_digest: str
    required: tuple[str, ...]
    message: str
    author: str


@dataclass(frozen=True)
class Ending:
    """Why a promotion was closed."""

    state: PromotionState
    reason: str


def is_ours(pull: Pull, full_name: str) -> bool:
    """Does it go into main, from a promotion branch of the repository itself?

    A fork may hold a branch of any name, and one that was deleted has no repository.
    """
    source = pull["head"].get("repo") or {}
    same = str(source.get("full_name", "")).lower() == full_name.lower()
    branch = str(pull["head"]["ref"])
    return same and pull["base"]["ref"] == "main" and bool(_BRANCH.fullmatch(branch))


def commit_message(proposal: Proposal) -> str:
    """The proposal's message with all that a reader of the commit must know."""
    told = {
        "Environment": proposal.environment,
        "Model": proposal.model,
        "Bundle-Digest": proposal.bundle_digest,
        _REQUIRES: json.dumps(list(proposal.required)),
        "Proposed-by": proposal.author,
    }
    return add_trailers(proposal.message, told)


def read_message(message: str, branch: str) -> Told | None:
    """What a commit says about a promotion on `branch`; None if it says nothing of the kind."""
    trailers = read_trailers(message)
    try:
        required = tuple(str(one) for one in json.loads(trailers[_REQUIRES]))
        names = (trailers["Environment"], trailers["Model"], trailers["Bundle-Digest"])
    except (KeyError, ValueError, TypeError):
        return None
    digest12 = names[2].removeprefix("sha256:")[:12]
    same = branch == f"promote/{names[0]}/{names[1]}-{digest12}"
    author = trailers.get("Proposed-by", "")
    return Told(*names, required, message.strip() + "\n", author) if same else None


def promotion(pull: Pull, told: Told, base: str, statuses: Iterable[Status]) -> Promotion:
    """The promotion behind a pull request; who merged it is not known yet."""
    body, ending = split_body(pull.get("body") or "")
    merged = pull.get("merged_at") is not None
    state: PromotionState = "merged" if merged else "open"
    reason = ""
    if pull["state"] == "closed" and not merged:
        ending = ending or Ending("closed", "closed on GitHub")
        state, reason = ending.state, ending.reason
    return Promotion(
        number=pull["number"],
        environment=told.environment,
        model=told.model,
        bundle_digest=told.bundle_digest,
        branch=pull["head"]["ref"],
        base=base,
        commit=pull["head"]["sha"],
        title=pull["title"],
        body=body,
        message=told.message,
        required=told.required,
        opened=pull["created_at"],
        state=state,
        reason=reason,
        merged_as=(pull.get("merge_commit_sha") or "") if merged else "",
        statuses=tuple(statuses),
        author=told.author,
    )


def body_of(proposal: Proposal) -> str:
    """The body of the pull request: the evidence, cut at GitHub's limit."""
    return cut(proposal.body, LONGEST_BODY - _ROOM, evidence_in(proposal.changes))


def evidence_in(changes: Mapping[str, str | None]) -> str:
    """The file among the changes that holds the evidence for programs."""
    files = [path for path in changes if path.startswith("gitops/evidence/")]
    return next((path for path in files if path.endswith(".json")), "the commit")


def cut(text: str, longest: int, whole: str) -> str:
    """The text in at most `longest` characters, cut between two lines, with a pointer."""
    if len(text) <= longest:
        return text
    pointer = f"\n\n*Cut here; the whole is in `{whole}`.*\n"
    return text[: longest - len(pointer)].rpartition("\n")[0] + pointer


def closed_body(body: str, ending: Ending) -> str:
    """The body with the reason: for people above it, for programs in a hidden last line."""
    plain, _ = split_body(body)
    shown = f"> Closed: {escape(ending.reason)}\n\n{plain}"
    hidden = json.dumps({"state": ending.state, "reason": ending.reason[:500]})
    safe = hidden.replace("<", r"\u003c").replace(">", r"\u003e")
    return f"{shown[: LONGEST_BODY - len(safe) - len(MARK) - 10]}\n\n{MARK}{safe} -->"


def split_body(body: str) -> tuple[str, Ending | None]:
    """A body without its hidden line, and what that line says."""
    found = _END.search(body)
    if not found:
        return body, None
    try:
        said = json.loads(found[1])
        return body[: found.start()], Ending(_STATES[said["state"]], str(said["reason"]))
    except (ValueError, KeyError, TypeError):
        return body, None


def statuses(commit: str, combined: Iterable[Mapping[str, Any]]) -> list[Status]:
    """The statuses of a commit, one of each context."""
    return [
        Status(commit, one["context"], one["state"], one.get("description") or "")
        for one in combined
    ]


def approvals(commit: str, reviews: Iterable[Pull]) -> list[Status]:
    """Who approved this commit in a review and did not take it back, as the policy counts them."""
    last = {
        str(one["user"]["login"]): one
        for one in reviews
        if one.get("user") and one["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
    }
    return [
        Status(commit, f"{APPROVAL}{login}", "success", "approved in a review")
        for login, one in last.items()
        if one["state"] == "APPROVED" and one.get("commit_id") == commit
    ]


def labels_of(proposal: Proposal) -> list[str]:
    return ["slipway", f"model:{proposal.model}"[:50], f"env:{proposal.environment}"[:50]]


def approver_of(pull: Pull, trailers: Mapping[str, str], reviews: Iterable[Pull]) -> str:
    """Who approved: who is named in the merge, else who merged; for a bot, who approved it last."""
    if named := trailers.get("Approved-by"):
        return named
    user = pull.get("merged_by") or {}
    given = [one for one in reviews if one.get("state") == "APPROVED" and one.get("user")]
    if given and user.get("type") != "User":
        return str(given[-1]["user"]["login"])
    return str(user.get("login", ""))
