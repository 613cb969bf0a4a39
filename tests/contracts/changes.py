"""Changes and proposals for the suites of the forge."""

from collections.abc import Mapping
from dataclasses import replace

from gitops.forge import Forge, Proposal
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
