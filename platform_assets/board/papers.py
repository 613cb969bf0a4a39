"""What stands in git behind a figure: a change, a promotion, holds; as plain text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gitops.errors import UnknownPromotion
from gitops.forge import Commit, Forge, Promotion
from gitops.holds import holds_path
from gitops.manifest import evidence_path, manifest_path
from gitops.manifest_rules import NAME

LOOK_BACK = 200


@dataclass(frozen=True)
class Paper:
    """A title, short facts, and files by name."""

    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def change(forge: Forge, environment: str, model: str, revision: str) -> Paper | None:
    """A commit that changed the manifest, and what that said then; None if there is none such."""
    if not _are_names(environment, model):
        return None
    path, head = manifest_path(environment, model), forge.head()
    commits = forge.history(path, head, LOOK_BACK)
    found = next((one for one in commits if one.revision == revision), None)
    if found is None:
        return None
    paths = (path, evidence_path(environment, model))
    texts = {name: forge.read(name, revision) for name in paths}
    return Paper(found.subject, _facts(found), {"message": found.message, **_present(texts)})


def holds(forge: Forge, environment: str, model: str) -> Paper | None:
    """The file of held digests, as main has it now; None if nothing is held."""
    if not _are_names(environment, model):
        return None
    path, head = holds_path(environment, model), forge.head()
    text = forge.read(path, head)
    if text is None:
        return None
    last = forge.last_change(path, head)
    return Paper(
        f"Held: {model} in {environment}", _facts(last) if last else {}, _present({path: text})
    )


def promotion(forge: Forge, number: int) -> Paper | None:
    """A promotion with its evidence; None if there is none of that number."""
    try:
        found = forge.promotion(number)
    except UnknownPromotion:
        return None
    return Paper(
        f"Promotion {found.number}: {found.title}",
        _present(_said(found)),
        {"evidence": found.body},
    )


def _are_names(*words: str) -> bool:
    """Whether git may be asked for them: an address can hold zero bytes and patterns of paths."""
    return all(map(NAME.fullmatch, words))


def _said(found: Promotion) -> dict[str, str | None]:
    return {
        "state": found.state,
        "opened": found.opened,
        "branch": found.branch,
        "commit": found.commit,
        "approved by": found.approver or None,
        "merged as": found.merged_as or None,
        "reason": found.reason or None,
        "not passed": ", ".join(found.not_passed()) or None,
        "decide": f"slipway promotions approve {number}; slipway promotions reject {number}"
        if found.state == "open" and (number := found.number)
        else None,
    }


def _facts(commit: Commit) -> dict[str, str]:
    return {"commit": commit.revision, "time": commit.time, "by": commit.author}


def _present(texts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text is not None}
